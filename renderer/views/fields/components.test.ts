import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { colourAt, texelOfGroup } from '../../scene/path-colours.ts';
import type { LinearRgb } from '../../theme/oklch.ts';
import type { Paint } from '../../theme/paint.ts';
import { componentColours, componentCss, componentGroups, dominantOf, levelsOf } from './components.ts';

fc.configureGlobal({ seed: 20261122 });

/** Every token has a colour of its own on a white stage. */
const paint: Paint = {
  scheme: 'light',
  colour: (token) => {
    if (token === '--surface-stage') return [1, 1, 1];
    const share = [...token].reduce((sum, letter) => (31 * sum + letter.charCodeAt(0)) % 997, 7) / 1994;
    return [share, 0.5 - share, 0];
  },
  css: () => 'rgb(0, 0, 0)',
};

function colourOfGroup(group: number, components: number): LinearRgb {
  return colourAt(componentColours(paint, components), 'group', texelOfGroup(group));
}

const weightRow = fc
  .integer({ min: 1, max: 64 })
  .chain((components) =>
    fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), {
      minLength: components,
      maxLength: components,
    }),
  )
  .map((row) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return Float32Array.from(row, (each) => each / sum);
  });

describe('componentGroups', () => {
  it('holds the heaviest component, and fits into the colours of a path', () => {
    fc.assert(
      fc.property(weightRow, (weights) => {
        const components = weights.length;
        const [group = -1] = componentGroups(weights, components);
        const component = Math.floor(group / levelsOf(components));
        expect(component).toBe(dominantOf(weights, components)[0]);
        expect(weights[component]).toBe(Math.max(...weights));
        expect(group).toBeLessThan(255);
      }),
    );
  });

  it('is stronger the more its component rules', () => {
    const alone = componentGroups(Float32Array.of(1, 0, 0), 3)[0] ?? -1;
    const shared = componentGroups(Float32Array.of(0.4, 0.3, 0.3), 3)[0] ?? -1;
    const towardsStage = (colour: LinearRgb): number => colour[2];
    expect(alone).toBe(levelsOf(3) - 1);
    expect(towardsStage(colourOfGroup(shared, 3))).toBeGreaterThan(towardsStage(colourOfGroup(alone, 3)));
    expect(colourOfGroup(alone, 3)[0]).toBeCloseTo(paint.colour('--run-blue')[0], 6);
  });
});

it('components of a policy of the usual size are told apart', () => {
  expect(new Set(Array.from({ length: 16 }, (_, component) => componentCss(component))).size).toBe(16);
});
