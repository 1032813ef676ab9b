import { describe, expect, it } from 'vitest';
import { axisName, firstAxes, inDataSpace, onPlane } from './axes.ts';

describe('onPlane', () => {
  const points = Float32Array.of(1, 2, 3, 4, 5, 6);

  it('leaves plane points alone', () => {
    expect(onPlane(points, 2, firstAxes)).toBe(points);
  });

  it('takes the chosen coordinates, in their order', () => {
    expect([...onPlane(points, 3, [2, 0])]).toEqual([3, 1, 6, 4]);
    expect([...onPlane(points, 2, [1, 0])]).toEqual([2, 1, 4, 3, 6, 5]);
  });

  it('puts points of one dimension on the line', () => {
    expect([...onPlane(Float32Array.of(7, 8), 1, firstAxes)]).toEqual([7, 0, 8, 0]);
  });

  it('gives the same array again for the same points and axes', () => {
    const first = onPlane(points, 3, [2, 0]);
    expect(onPlane(points, 3, [2, 0])).toBe(first);
    expect(onPlane(points, 3, [0, 1])).not.toBe(first);
  });
});

it('a place on the stage is a point of data space that lies there', () => {
  for (const axes of [
    [0, 1],
    [3, 1],
    [2, 0],
  ] as const) {
    const point = inDataSpace(0.5, -2, 4, axes);
    expect([...onPlane(Float32Array.from(point), 4, axes)]).toEqual([0.5, -2]);
    expect(point.filter((value) => value === 0)).toHaveLength(2);
  }
  expect(inDataSpace(0.5, -2, 1, firstAxes)).toEqual([0.5]);
});

it('names axes as papers do', () => {
  expect([0, 1, 2].map((axis) => axisName(axis, 3))).toEqual(['x', 'y', 'z']);
  expect(axisName(0, 5)).toBe('x1');
});
