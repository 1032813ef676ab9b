import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cameraFor, dataFromScreen, panned, screenFromData, zoomed } from './camera.ts';
import type { PlaneCamera } from './camera.ts';

fc.configureGlobal({ seed: 20261122 });

const size = { width: 800, height: 600 };
const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const camera = fc.record<PlaneCamera>({ x: number(-5, 5), y: number(-5, 5), unitsPerPx: number(1e-4, 1e-1) });
const pointer = fc.tuple(number(0, 800), number(0, 600));

function expectSamePoint(a: readonly number[], b: readonly number[], digits: number): void {
  expect(a[0]).toBeCloseTo(b[0] ?? NaN, digits);
  expect(a[1]).toBeCloseTo(b[1] ?? NaN, digits);
}

describe('the plane camera', () => {
  it('goes from screen to data and back', () => {
    fc.assert(
      fc.property(camera, pointer, (view, [px, py]) => {
        const [x, y] = dataFromScreen(view, size, px, py);
        expectSamePoint(screenFromData(view, size, x, y), [px, py], 6);
      }),
    );
  });

  it('keeps the point under the pointer while zooming', () => {
    fc.assert(
      fc.property(camera, pointer, number(0.2, 5), (view, [px, py], factor) => {
        const before = dataFromScreen(view, size, px, py);
        expectSamePoint(dataFromScreen(zoomed(view, size, px, py, factor), size, px, py), before, 9);
      }),
    );
  });

  it('moves the data with the pointer', () => {
    fc.assert(
      fc.property(camera, pointer, pointer, (view, [fromX, fromY], [toX, toY]) => {
        const before = dataFromScreen(view, size, fromX, fromY);
        const after = dataFromScreen(panned(view, toX - fromX, toY - fromY), size, toX, toY);
        expectSamePoint(after, before, 9);
      }),
    );
  });

  it('fits the extent into the shorter side', () => {
    const view = cameraFor(3, size);
    expectSamePoint(dataFromScreen(view, size, 400, 0), [0, 3], 12);
    expectSamePoint(dataFromScreen(view, size, 400, 600), [0, -3], 12);
  });
});
