import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from './byte-source.ts';
import type { Checkpoint } from './checkpoint.ts';
import { compareCheckpoints } from './compare.ts';
import type { CheckpointTensor } from './safetensors/index.ts';
import { openSafetensors, writeSafetensors } from './safetensors/index.ts';
import { sliceOf } from './slice.ts';
import { statisticsOf } from './statistics.ts';
import { codeOf } from './testing.ts';

const SEED = 20261122;

function checkpointOf(tensors: Record<string, CheckpointTensor>): Checkpoint {
  return openSafetensors(bytesSource('test', writeSafetensors(new Map(Object.entries(tensors)))));
}

function f32(values: readonly number[], shape: readonly number[] = [values.length]): CheckpointTensor {
  return { dtype: 'F32', shape, data: Float32Array.from(values) };
}

function f64(values: readonly number[]): CheckpointTensor {
  return { dtype: 'F64', shape: [values.length], data: Float64Array.from(values) };
}

function statistics(tensor: CheckpointTensor) {
  return statisticsOf(checkpointOf({ x: tensor }), 'x');
}

describe('statistics', () => {
  it('agrees with two passes over plain arrays', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
        const found = statistics(f64(values));
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
        // A few roundings for each of at most ten values of at most 1e6.
        expect(Math.abs(found.mean - mean)).toBeLessThan(1e-8);
        expect(Math.abs(found.std - std)).toBeLessThan(1e-8);
        expect(found.min + 0).toBe(Math.min(...values) + 0);
        expect(found.max + 0).toBe(Math.max(...values) + 0);
        expect(found.zeros).toBe(values.filter((value) => value === 0).length);
        expect(found.histogram.reduce((a, b) => a + b)).toBe(values.length);
        expect([found.edges[0]! <= found.min, found.edges[64]! >= found.max]).toEqual([true, true]);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('counts what is not finite beside what is', () => {
    expect(statistics(f32([NaN, 1, Infinity, -0, 3, -Infinity, NaN]))).toMatchObject({
      count: 7,
      min: 0,
      max: 3,
      mean: 4 / 3,
      zeros: 1,
      nans: 2,
      infinities: 2,
    });
    for (const none of [f32([]), f32([NaN, Infinity])]) {
      expect(statistics(none)).toMatchObject({
        min: 0,
        max: 0,
        mean: 0,
        std: 0,
        histogram: new Float64Array(0),
      });
    }
  });

  it('stays exact where squares or differences of values would overflow or vanish', () => {
    for (const unit of [Number.MAX_VALUE, 1e300, 1e-300, 2 ** -1070]) {
      const found = statistics(f64([-unit, unit, -unit, unit]));
      expect([found.mean, found.std / unit]).toEqual([0, 1]);
      expect([found.histogram[0], found.histogram[63]]).toEqual([2, 2]);
      expect(found.edges.every(Number.isFinite)).toBe(true);
      const same = statistics(f64([unit, unit, unit]));
      expect([same.mean, same.std]).toEqual([unit, 0]);
      expect(same.histogram.reduce((a, b) => a + b)).toBe(3);
      expect(same.edges.every(Number.isFinite)).toBe(true);
    }
  });

  it('does not lose a small spread around a large mean, over several pieces', () => {
    // 1.5 million float64 are three pieces; the values alternate by 1 around 1e9.
    const data = Float64Array.from({ length: 1_500_000 }, (_, i) => 1e9 + (i % 2 === 0 ? 1 : -1));
    let pieces = 0;
    const checkpoint = checkpointOf({ x: { dtype: 'F64', shape: [1500, 1000], data } });
    const found = statisticsOf(checkpoint, 'x', () => pieces++);
    expect(pieces).toBe(6);
    // The scale is a power of two, 1e9 has 30 bits, and 1.5 million of them sum up in 53 + rounding.
    expect(Math.abs(found.mean - 1e9)).toBeLessThan(1e-6);
    expect(Math.abs(found.std - 1)).toBeLessThan(1e-6);
  });

  it('fills bins as their edges say', () => {
    const { histogram, edges } = statistics(f32([0, 1, 2, 3, 63.5, 64]));
    expect([...histogram].map((count, i) => [i, count]).filter(([, count]) => count! > 0)).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
      [3, 1],
      [63, 2],
    ]);
    expect([edges[0], edges[1], edges[64]]).toEqual([0, 1, 64]);
  });

  it('stops where its caller says, and names what it cannot count', () => {
    const checkpoint = checkpointOf({
      c: { dtype: 'C64', shape: [1], data: new Uint8Array(8) },
      i: { dtype: 'I64', shape: [1], data: BigInt64Array.of(2n ** 60n) },
    });
    const stop = () => {
      throw new RangeError('stopped');
    };
    expect(() => statisticsOf(checkpoint, 'i', stop)).toThrow('stopped');
    expect(codeOf(() => statisticsOf(checkpoint, 'i'))).toBe('checkpoint/inexact-integer');
    expect(codeOf(() => statisticsOf(checkpoint, 'c'))).toBe('checkpoint/unsupported-dtype');
    expect(codeOf(() => statisticsOf(checkpoint, 'x'))).toBe('checkpoint/unknown-tensor');
  });
});

describe('slices', () => {
  it('takes every nth of the last two dimensions, as indexing does', () => {
    const shape = fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 4 });
    fc.assert(
      fc.property(
        shape,
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.nat(), { maxLength: 2 }),
        (dims, most, at) => {
          const count = dims.reduce((a, b) => a * b, 1);
          const leading = dims.slice(0, Math.max(0, dims.length - 2));
          const index = leading.map((size, axis) => (at[axis] ?? 0) % size);
          const checkpoint = checkpointOf({
            x: f32(
              Array.from({ length: count }, (_, i) => i),
              dims,
            ),
          });
          const { rows, columns, ofRows, ofColumns, values } = sliceOf(checkpoint, 'x', index, most);
          expect([ofRows, ofColumns]).toEqual([dims.at(-2) ?? 1, dims.at(-1) ?? 1]);
          expect(Math.max(rows, columns)).toBeLessThanOrEqual(most);
          const rowStep = Math.ceil(ofRows / most);
          const columnStep = Math.ceil(ofColumns / most);
          const start =
            leading.reduce((sum, size, axis) => sum * size + index[axis]!, 0) * ofRows * ofColumns;
          const expected = Array.from({ length: rows * columns }, (_, i) => {
            const row = Math.floor(i / columns) * rowStep;
            return start + row * ofColumns + (i % columns) * columnStep;
          });
          expect([...values]).toEqual(expected);
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('reads a few elements of a very long vector, not all of it', () => {
    const checkpoint = checkpointOf({ x: f32(Array.from({ length: 2 ** 20 }, (_, i) => i)) });
    let bytes = 0;
    const counted: Checkpoint = {
      ...checkpoint,
      *pieces(name, from, to) {
        for (const piece of checkpoint.pieces(name, from, to)) {
          bytes += piece.length;
          yield piece;
        }
      },
    };
    const { values } = sliceOf(counted, 'x', [], 4);
    expect([...values]).toEqual([0, 2 ** 18, 2 ** 19, 2 ** 19 + 2 ** 18]);
    expect(bytes).toBe(16);
  });

  it('is empty for empty tensors, and refuses an index outside', () => {
    const checkpoint = checkpointOf({
      none: f32([], [3, 0, 2]),
      never: f32([], [0, 2, 2]),
      x: f32([1, 2, 3, 4], [2, 1, 2]),
    });
    const empty = { rows: 0, columns: 0, values: new Float32Array(0) };
    expect(sliceOf(checkpoint, 'none', [], 4)).toMatchObject({ ...empty, ofRows: 0, ofColumns: 2 });
    expect(sliceOf(checkpoint, 'never', [], 4)).toMatchObject({ ...empty, ofRows: 2, ofColumns: 2 });
    for (const at of [[2], [-1], [0, 0]]) {
      expect(codeOf(() => sliceOf(checkpoint, 'x', at, 4))).toBe('checkpoint/slice-range');
    }
  });
});

describe('comparison', () => {
  const half = (...codes: number[]): CheckpointTensor => ({
    dtype: 'F16',
    shape: [codes.length],
    data: new Uint8Array(Uint16Array.from(codes).buffer),
  });

  it('tells added, removed, reshaped, retyped, changed and same tensors apart', () => {
    const before = checkpointOf({
      same: f32([1, NaN]),
      changed: f32([3, 4]),
      gone: f32([1]),
      reshaped: f32([1, 2]),
      retyped: f32([1, 2]),
      fromZero: f32([0, 0]),
      broken: f32([1, 1]),
    });
    const after = checkpointOf({
      same: f32([1, NaN]),
      changed: f32([3, 4.5]),
      fresh: f32([1]),
      reshaped: f32([1, 2], [2, 1]),
      retyped: half(0x3c00, 0x4000),
      fromZero: f32([0, 1]),
      broken: f32([1, NaN]),
    });
    const found = [...compareCheckpoints(before, after)].map(({ name, change, relative }) => [
      name,
      change,
      relative,
    ]);
    expect(found.sort()).toEqual(
      [
        ['same', 'same', 0],
        ['changed', 'changed', 0.1],
        ['gone', 'removed', undefined],
        ['fresh', 'added', undefined],
        ['reshaped', 'reshaped', undefined],
        ['retyped', 'retyped', 0],
        ['fromZero', 'changed', Infinity],
        ['broken', 'changed', NaN],
      ].sort(),
    );
  });

  it('measures ||b - a|| / ||a|| over several blocks, and for huge and tiny values', () => {
    for (const unit of [1, 1e300, 1e-300]) {
      const a = Float64Array.from({ length: 500_000 }, (_, i) => unit * (1 + (i % 7)));
      const b = a.map((value) => value * 1.25);
      const [difference] = compareCheckpoints(
        checkpointOf({ x: { dtype: 'F64', shape: [500_000], data: a } }),
        checkpointOf({ x: { dtype: 'F64', shape: [500_000], data: b } }),
      );
      // Each of 500,000 squares is rounded once; their relative errors average out below this.
      expect(Math.abs(difference!.relative! - 0.25)).toBeLessThan(1e-12);
    }
  });

  it('compares what is no number bit for bit', () => {
    const bits = (code: number): CheckpointTensor => ({
      dtype: 'F4',
      shape: [4],
      data: Uint8Array.of(1, code),
    });
    const large = (value: bigint): CheckpointTensor => ({
      dtype: 'I64',
      shape: [1],
      data: BigInt64Array.of(value),
    });
    const before = checkpointOf({ a: bits(1), b: bits(1), c: large(2n ** 60n), d: large(2n ** 60n) });
    const after = checkpointOf({ a: bits(1), b: bits(2), c: large(2n ** 60n), d: large(2n ** 60n + 1n) });
    const found = [...compareCheckpoints(before, after)].map(({ name, change, relative }) => [
      name,
      change,
      relative,
    ]);
    expect(found.sort()).toEqual([
      ['a', 'same', undefined],
      ['b', 'changed', undefined],
      ['c', 'same', undefined],
      ['d', 'changed', undefined],
    ]);
  });
});
