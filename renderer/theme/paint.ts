import { bytesFromLinearRgb, linearRgbFromCss } from './oklch.ts';
import type { LinearRgb } from './oklch.ts';

/** The themes that a drawing can be made in; `print` is for figures. */
export type PaintTheme = 'light' | 'dark' | 'print';

/** The colour tokens of one theme as numbers and as CSS colours, for what draws outside CSS. */
export interface Paint {
  /** Whether the ground is light or dark. */
  readonly scheme: 'light' | 'dark';
  /** The value of a colour token, e.g. `--ink`. */
  colour(token: string): LinearRgb;
  /** The same as `#rrggbb`, which a canvas and every reader of SVG files accept. */
  css(token: string): string;
}

/** Each token is computed once: it does not change while the paint is in use. */
export function createPaint(theme: PaintTheme): Paint {
  const known = new Map<string, LinearRgb>();
  function colour(token: string): LinearRgb {
    let value = known.get(token);
    if (value === undefined) {
      value = linearRgbFromCss(computedColour(theme, token));
      known.set(token, value);
    }
    return value;
  }
  return {
    scheme: theme === 'dark' ? 'dark' : 'light',
    colour,
    css: (token) => hexFromBytes(bytesFromLinearRgb(colour(token))),
  };
}

function hexFromBytes(bytes: readonly number[]): string {
  return `#${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

const probes = new Map<PaintTheme, HTMLElement>();

/** `getComputedStyle` leaves `light-dark()` in a custom property but resolves it in `color`. */
function computedColour(theme: PaintTheme, token: string): string {
  let probe = probes.get(theme);
  if (probe === undefined) {
    probe = document.createElement('span');
    probe.hidden = true;
    probe.dataset['theme'] = theme;
    // A forced palette is for the chrome; drawings keep the colours that mean something.
    probe.style.setProperty('forced-color-adjust', 'none');
    document.body.append(probe);
    probes.set(theme, probe);
  }
  probe.style.color = `var(${token})`;
  return getComputedStyle(probe).color;
}
