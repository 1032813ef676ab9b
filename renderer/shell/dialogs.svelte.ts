import { createContext } from 'svelte';

/** What lies over the whole window: one dialog at a time. */
export class Dialogs {
  open = $state<'palette' | 'shortcuts' | null>(null);
  /** Asks for a file of points; set by whoever holds the input for it. */
  pickFile: () => void = () => undefined;

  show(dialog: 'palette' | 'shortcuts'): void {
    this.open = this.open === dialog ? null : dialog;
  }

  close(): void {
    this.open = null;
  }
}

const [useDialogs, provideDialogs] = createContext<Dialogs>();
export { provideDialogs, useDialogs };
