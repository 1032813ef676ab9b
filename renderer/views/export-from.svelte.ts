import { usePane } from '../state/pane.svelte.ts';
import type { Exportable } from '../state/panes.svelte.ts';

interface Source extends Pick<Exportable, 'arrays' | 'svg' | 'png' | 'runs'> {
  /** What the file shows, e.g. `samples`. */
  kind: string;
  /** Training step of what is shown; null while there is nothing. */
  step: () => number | null;
}

/** Offers what a view shows to export as long as there is something; to be called while it is made. */
export function exportFrom({ kind, step, arrays, svg, png, runs }: Source): void {
  const scope = usePane();
  const { pane } = scope;
  let offered: Exportable | null = null;
  $effect(() => {
    const { run } = scope;
    const at = step();
    if (run === null || at === null) {
      withdraw();
      return;
    }
    offered = {
      name: `${kind}-of-${stemOf(run.name)}-step-${at}`,
      about: { run: run.id, step: at, config: run.config },
      arrays,
      svg,
      png,
      ...(runs === undefined ? {} : { runs }),
    };
    pane.exportable = offered;
  });
  $effect(() => withdraw);

  /** The next view of the pane may have offered its own by now. */
  function withdraw(): void {
    if (pane.exportable === offered) pane.exportable = null;
    offered = null;
  }
}

/** A name as part of a file's name. */
function stemOf(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '') || 'run'
  );
}
