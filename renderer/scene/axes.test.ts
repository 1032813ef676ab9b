import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boxAxes, planeAxes, samplerTimeAxis } from './axes.ts';
import { cameraFor } from './camera.ts';
import { cameraOnBox } from './orbit.ts';
import { projectionOf, screenFromWorld } from './projection.ts';
import { boxOf, cameraOf, spaceOf } from './space.ts';
import type { Look } from './space.ts';

fc.configureGlobal({ seed: 20261122 });

const size = { width: 900, height: 700 };

function axesFrom(look: Look, camera = cameraOf(look, 3, size), t = 0.5) {
  const space = spaceOf(look, 3);
  return boxAxes({
    look,
    projection: projectionOf(camera, size),
    space,
    extent: 3,
    t,
    time: samplerTimeAxis,
  });
}

const texts = (axes: { labels: readonly { text: string }[] }) => axes.labels.map(({ text }) => text);

describe('the axes of the plane', () => {
  it('say where zero is, in both directions', () => {
    const { lines, labels } = planeAxes(cameraFor(3, size), size);
    expect(lines.filter(({ kind }) => kind === 'zero')).toHaveLength(2);
    expect(labels.filter(({ text }) => text === '0')).toHaveLength(2);
  });
});

describe('the axes of the box', () => {
  it('name both ends of time, and the coordinates', () => {
    expect(texts(axesFrom('spaceTime'))).toEqual(
      expect.arrayContaining(['noise, t = 1', 't = 0.5', 'data, t = 0', 'x', 'y']),
    );
    expect(texts(axesFrom('orbit'))).toEqual(expect.arrayContaining(['x', 'y', 'z']));
  });

  it('leave out the axis along the line of sight', () => {
    expect(texts(axesFrom('side'))).toContain('x');
    expect(texts(axesFrom('side'))).not.toContain('y');
  });

  it('have a plane at the time that is shown', () => {
    const centre = (t: number) => {
      const now = axesFrom('side', undefined, t).lines.find(({ kind }) => kind === 'now');
      return now?.points[0]?.[0] ?? NaN;
    };
    expect(centre(1)).toBeLessThan(centre(0.5));
    expect(centre(0.5)).toBeLessThan(centre(0));
    expect(axesFrom('orbit').lines.some(({ kind }) => kind === 'now')).toBe(false);
  });

  it('keep their words off what is drawn, from wherever it is looked at', () => {
    const angle = (most: number) => fc.double({ min: -most, max: most, noNaN: true });
    fc.assert(
      fc.property(angle(3), angle(1.2), (yaw, pitch) => {
        const space = spaceOf('spaceTime', 3);
        const camera = cameraOnBox({ yaw, pitch, distance: 27 }, boxOf(space, 3), size);
        const projection = projectionOf(camera, size);
        // Samples fill the middle of the box; no word lies within a third of it.
        const inner: [number, number][] = [];
        for (const x of [-1, 1])
          for (const y of [-1, 1])
            for (const z of [-1, 1]) {
              const [px, py] = screenFromWorld(projection, x, y, (z * space.time) / 3);
              inner.push([px, py]);
            }
        const left = Math.min(...inner.map(([px]) => px));
        const right = Math.max(...inner.map(([px]) => px));
        const top = Math.min(...inner.map(([, py]) => py));
        const bottom = Math.max(...inner.map(([, py]) => py));
        for (const { px, py } of axesFrom('spaceTime', camera).labels) {
          expect(px > left && px < right && py > top && py < bottom).toBe(false);
        }
      }),
    );
  });
});

describe('axes with names', () => {
  const names = ['PC 1 (34 % of variance)', 'PC 2 (21 % of variance)'];

  it('have them beside their numbers in the plane, the second one upright', () => {
    const { labels } = planeAxes(cameraFor(3, size), size, names);
    expect(labels.filter(({ kind }) => kind === 'name')).toMatchObject([
      { text: names[0] },
      { text: names[1], isUpright: true },
    ]);
    expect(texts(planeAxes(cameraFor(3, size), size))).not.toContain(names[0]);
  });
});
