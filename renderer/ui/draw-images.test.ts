import { describe, expect, it } from 'vitest';
import { classRows, drawImages } from './draw-images.ts';

/** A canvas that keeps what is put on it. */
function fakeCanvas() {
  const kept = { data: new Uint8ClampedArray(), width: 0 };
  const canvas = {
    width: 0,
    height: 0,
    getContext: () => ({
      createImageData: (width: number, height: number) => {
        kept.data = new Uint8ClampedArray(width * height * 4);
        kept.width = width;
        return { data: kept.data };
      },
      putImageData: () => undefined,
    }),
  };
  const at = (x: number, y: number): number[] => [
    ...kept.data.subarray((y * kept.width + x) * 4, (y * kept.width + x) * 4 + 4),
  ];
  return { canvas: canvas as unknown as HTMLCanvasElement, at };
}

describe('images side by side', () => {
  it('lie row by row, grey where they have one channel, and clear between and where there is none', () => {
    const { canvas, at } = fakeCanvas();
    const values = Float32Array.of(-1, 1, 0, 0.5, 1, 1, 1, 1, -1, -1, -1, -1);
    drawImages(canvas, { count: 3, dim: 4, shape: [2, 2, 1], values }, { columns: 2, rows: 2 });
    expect([canvas.width, canvas.height]).toEqual([5, 5]);
    expect([at(0, 0), at(1, 0), at(2, 0), at(3, 0), at(0, 3), at(3, 3)]).toEqual([
      [0, 0, 0, 255],
      [255, 255, 255, 255],
      [0, 0, 0, 0],
      [255, 255, 255, 255],
      [0, 0, 0, 255],
      [0, 0, 0, 0],
    ]);
  });

  it('of four channels show the first three on the range of all', () => {
    const { canvas, at } = fakeCanvas();
    const values = Float32Array.of(-10, 0, 10, 3);
    drawImages(canvas, { count: 1, dim: 4, shape: [1, 1, 4], values }, { columns: 1, rows: 1 });
    expect(at(0, 0)).toEqual([0, 128, 255, 255]);
  });
});

describe('rows of classes', () => {
  it('hold the first of each class, and nothing where there are fewer', () => {
    const labels = Float32Array.of(1, 0, 1, 1, 2);
    expect(classRows(labels, [0, 1, 3], 2)).toEqual([1, null, 0, 2, null, null]);
  });
});
