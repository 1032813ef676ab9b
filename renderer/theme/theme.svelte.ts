import { createContext } from 'svelte';
import { MediaQuery } from 'svelte/reactivity';
import { linearRgbFromCss } from './oklch.ts';
import type { LinearRgb } from './oklch.ts';

export type ThemePreference = 'system' | 'light' | 'dark';

const storageKey = 'fewstep.theme';
const preferences: readonly ThemePreference[] = ['system', 'light', 'dark'];

/** Which of the themes is shown, and the tokens as numbers for what draws outside CSS. */
export class Theme {
  preference = $state<ThemePreference>(storedPreference());
  readonly #systemIsDark = new MediaQuery('prefers-color-scheme: dark');
  readonly scheme = $derived<'light' | 'dark'>(
    this.preference === 'system' ? (this.#systemIsDark.current ? 'dark' : 'light') : this.preference,
  );

  constructor() {
    applyPreference(this.preference);
  }

  /** System, then light, then dark, and round again. */
  cycle(): void {
    const next = preferences[(preferences.indexOf(this.preference) + 1) % preferences.length] ?? 'system';
    this.preference = next;
    applyPreference(next);
    try {
      localStorage.setItem(storageKey, next);
    } catch {
      // Storage is refused in some private windows: the choice then lasts as long as the window.
    }
  }

  /** The value of a colour token, e.g. `--ink`, in the current theme. Reading it follows the theme. */
  colour(token: string): LinearRgb {
    return linearRgbFromCss(this.css(token));
  }

  /** The same as a CSS colour, resolved so that a canvas accepts it. */
  css(token: string): string {
    // Read so that whoever asks is told of a change of theme.
    void this.scheme;
    return computedColour(token);
  }
}

function applyPreference(preference: ThemePreference): void {
  if (preference === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = preference;
}

function storedPreference(): ThemePreference {
  try {
    const stored = localStorage.getItem(storageKey);
    return preferences.find((each) => each === stored) ?? 'system';
  } catch {
    return 'system';
  }
}

let probe: HTMLElement | null = null;

/** `getComputedStyle` leaves `light-dark()` in a custom property but resolves it in `color`. */
function computedColour(token: string): string {
  if (probe === null) {
    probe = document.createElement('span');
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(${token})`;
  return getComputedStyle(probe).color;
}

const [useTheme, provideTheme] = createContext<Theme>();
export { provideTheme, useTheme };
