import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { linearRgbFromCss } from './oklch.ts';
import type { LinearRgb } from './oklch.ts';
import {
  contrast,
  deuteranopia,
  greyLightness,
  perceivedDistance,
  protanopia,
  seenWith,
} from './testing/colour-vision.ts';

const css = readFileSync(`${import.meta.dirname}/tokens.css`, 'utf8');

type Tokens = ReadonlyMap<string, LinearRgb>;

const lightDark = /(--[\w-]+): light-dark\((oklch\([^)]*\)), (oklch\([^)]*\))\);/g;
const plain = /(--[\w-]+): (oklch\([^)]*\));/g;

/** The declarations of a rule, without what media queries say later. */
function block(selector: string): string {
  const start = css.indexOf(`\n${selector} {`);
  if (start < 0) throw new Error(`Expected a rule for ${selector} in tokens.css`);
  return css.slice(start, css.indexOf('\n}', start));
}

const root = [...block(':root').matchAll(lightDark)];
const light: Tokens = new Map(root.map(([, name = '', value = '']) => [name, linearRgbFromCss(value)]));
const dark: Tokens = new Map(root.map(([, name = '', , value = '']) => [name, linearRgbFromCss(value)]));
/** The last rule of this selector, which is the one with declarations of its own. */
const printBlock = css.slice(css.lastIndexOf("\n[data-theme='print'] {"));
const print: Tokens = new Map([
  ...light,
  ...[...printBlock.slice(0, printBlock.indexOf('\n}')).matchAll(plain)].map(
    ([, name = '', value = '']): [string, LinearRgb] => [name, linearRgbFromCss(value)],
  ),
]);

function colour(tokens: Tokens, name: string): LinearRgb {
  const found = tokens.get(name);
  if (found === undefined) throw new Error(`Expected a token ${name}`);
  return found;
}

function pairsOf(names: readonly string[]): [string, string][] {
  return names.flatMap((a, i) => names.slice(i + 1).map((b): [string, string] => [a, b]));
}

const grounds = ['stage', 'panel', 'raised', 'hover', 'selected'].map((each) => `--surface-${each}`);
const roles = ['--data-noise', '--data-data', '--data-teacher', '--data-attract', '--data-repel'];
const runs = ['purple', 'orange', 'sky', 'blue', 'vermillion', 'yellow'].map((each) => `--run-${each}`);
const themes: [string, Tokens][] = [
  ['light', light],
  ['dark', dark],
  ['print', print],
];

describe.each(themes)('the %s theme', (_, tokens) => {
  it('has text that reads on every ground: WCAG AA, 4.5 to 1', () => {
    for (const text of ['--ink', '--ink-2', '--ink-3', '--accent', '--danger', '--warning']) {
      for (const ground of grounds) {
        const ratio = contrast(colour(tokens, text), colour(tokens, ground));
        expect(ratio, `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
    }
    for (const [text, ground] of [
      ['--accent-ink', '--accent'],
      ['--accent-ink', '--accent-hover'],
      ['--danger', '--danger-surface'],
      ['--ink-2', '--danger-surface'],
      ['--warning', '--warning-surface'],
      ['--ink-2', '--warning-surface'],
    ] as const) {
      const ratio = contrast(colour(tokens, text), colour(tokens, ground));
      expect(ratio, `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('has data, focus and control borders that are seen: WCAG 1.4.11, 3 to 1', () => {
    for (const mark of [...roles, ...runs, '--focus', '--hairline-strong']) {
      for (const ground of ['--surface-stage', '--surface-panel', '--surface-raised']) {
        const ratio = contrast(colour(tokens, mark), colour(tokens, ground));
        expect(ratio, `${mark} on ${ground}`).toBeGreaterThanOrEqual(3);
      }
    }
  });

  /*
   * 0.06 is three times what is just told apart side by side: enough for thin lines and small marks
   * that lie apart. Attract and repel are measured against what is drawn with them, and among runs
   * against the colours that a method has as its own.
   */
  it.each([
    ['normal vision', (each: LinearRgb) => each],
    ['deuteranopia', (each: LinearRgb) => seenWith(deuteranopia, each)],
    ['protanopia', (each: LinearRgb) => seenWith(protanopia, each)],
  ])('has data colours that differ under %s', (_, seen) => {
    const overlaid = ['--data-noise', '--data-data', '--data-teacher', ...runs];
    const inFields = [...roles, '--run-purple', '--run-orange', '--run-sky'];
    for (const [a, b] of [...pairsOf(overlaid), ...pairsOf(inFields)]) {
      const distance = perceivedDistance(seen(colour(tokens, a)), seen(colour(tokens, b)));
      expect(distance, `${a} and ${b}`).toBeGreaterThanOrEqual(0.06);
    }
  });

  it('has a warm and a cool end of signed scales that stand out alike', () => {
    // 0.08 of lightness: neither sign looks like the larger one.
    const [warm, cool] = [colour(tokens, '--data-attract'), colour(tokens, '--data-repel')];
    expect(Math.abs(greyLightness(warm) - greyLightness(cool))).toBeLessThan(0.08);
  });

  it('tells methods and runs apart in a greyscale print', () => {
    // Lightness has room for few steps between the ground and 3:1: 0.04 for methods and data, which
    // stand in most figures, and for other runs at least the 0.015 that is seen where lines touch.
    const own = ['--data-data', '--data-teacher', '--run-purple', '--run-orange', '--run-sky'];
    for (const [a, b] of pairsOf(own)) {
      const step = Math.abs(greyLightness(colour(tokens, a)) - greyLightness(colour(tokens, b)));
      expect(step, `${a} and ${b}`).toBeGreaterThanOrEqual(0.04);
    }
    for (const [a, b] of pairsOf(['--data-teacher', ...runs])) {
      const step = Math.abs(greyLightness(colour(tokens, a)) - greyLightness(colour(tokens, b)));
      expect(step, `${a} and ${b}`).toBeGreaterThanOrEqual(0.015);
    }
  });
});

it('has the roles of data in both schemes and nothing that is not told', () => {
  expect([...light.keys()]).toEqual([...dark.keys()]);
  for (const name of [...roles, ...runs, ...grounds]) expect(light.has(name)).toBe(true);
  expect(print.get('--surface-stage')).toEqual(linearRgbFromCss('rgb(255, 255, 255)'));
});
