import { createContext } from 'svelte';
import { MediaQuery } from 'svelte/reactivity';
import type { LinearRgb } from './oklch.ts';
import { createPaint } from './paint.ts';
import type { Paint } from './paint.ts';

export type ThemePreference = 'system' | 'light' | 'dark';

const storageKey = 'fewstep.theme';
const preferences: readonly ThemePreference[] = ['system', 'light', 'dark'];

/** Which of the themes is shown, and the tokens as numbers for what draws outside CSS. */
export class Theme {
  #preference = $state<ThemePreference>(storedPreference());
  readonly #systemIsDark = new MediaQuery('prefers-color-scheme: dark');
  readonly #wantsContrast = new MediaQuery('prefers-contrast: more');
  readonly scheme = $derived<'light' | 'dark'>(
    this.#preference === 'system' ? (this.#systemIsDark.current ? 'dark' : 'light') : this.#preference,
  );
  /** What the screen is painted with: another object whenever the theme changes. */
  readonly paint: Paint = $derived.by(() => {
    // More contrast changes the values of tokens.
    void this.#wantsContrast.current;
    return createPaint(this.scheme);
  });
  /** What figures are painted with, whatever the screen shows. */
  readonly printPaint: Paint = $derived.by(() => {
    void this.#wantsContrast.current;
    return createPaint('print');
  });

  constructor() {
    applyPreference(this.#preference);
  }

  get preference(): ThemePreference {
    return this.#preference;
  }

  /** Shows this theme, and remembers it. */
  choose(preference: ThemePreference): void {
    this.#preference = preference;
    applyPreference(preference);
    try {
      localStorage.setItem(storageKey, preference);
    } catch {
      // Storage is refused in some private windows: the choice then lasts as long as the window.
    }
  }

  /** System, then light, then dark, and round again. */
  cycle(): void {
    this.choose(preferences[(preferences.indexOf(this.#preference) + 1) % preferences.length] ?? 'system');
  }

  /** The value of a colour token, e.g. `--ink`, in the current theme. Reading it follows the theme. */
  colour(token: string): LinearRgb {
    return this.paint.colour(token);
  }

  /** The same as `#rrggbb`. */
  css(token: string): string {
    return this.paint.css(token);
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

const [useTheme, provideTheme] = createContext<Theme>();
export { provideTheme, useTheme };
