import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { int, text, tuple } from './testing/assembler.ts';
import { bytesOf, opened, valuesOf } from './testing/opened.ts';
import { floats, stateDict, torchLegacy, torchZip } from './testing/torch-file.ts';

const SEED = 20250302;

describe('views', () => {
  const NUMEL = 60;
  const view = fc
    .record({
      size: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
      seed: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 4, maxLength: 4 }),
      offset: fc.integer({ min: 0, max: 12 }),
    })
    .map(({ size, seed, offset }) => ({ size, stride: size.map((_, axis) => seed[axis]!), offset }))
    .filter(({ size, stride, offset }) => {
      const last = size.reduce((sum, n, axis) => sum + (n - 1) * stride[axis]!, offset);
      return size.includes(0) || last < NUMEL;
    });
  const data = floats(NUMEL);
  const legacy = { storages: [{ count: NUMEL, data }] };

  /** What indexing says: element [i, j, ...] is at offset + i * stride[0] + j * stride[1] + ... */
  function expectedOf({
    size,
    stride,
    offset,
  }: {
    size: number[];
    stride: number[];
    offset: number;
  }): number[] {
    return size
      .reduce(
        (places, n, axis) =>
          places.flatMap((place) => Array.from({ length: n }, (_, i) => place + i * stride[axis]!)),
        [offset],
      )
      .map((place) => place + 1);
  }

  it('gathers any of them, in whole or in part, from both containers', () => {
    fc.assert(
      fc.property(view, fc.nat(), fc.nat(), (one, a, b) => {
        const expected = expectedOf(one);
        const [from, to] = [a % (expected.length + 1), b % (expected.length + 1)].sort((x, y) => x - y) as [
          number,
          number,
        ];
        for (const file of [
          torchZip(stateDict({ ...one, numel: NUMEL }), { storages: { 0: data } }),
          torchLegacy(stateDict({ ...one, numel: NUMEL, isLegacy: true }), legacy),
        ]) {
          const checkpoint = opened(file, 'import');
          expect(valuesOf(checkpoint, 'weight')).toEqual(expected);
          const part = new Float32Array(bytesOf(checkpoint, 'weight', from, to).buffer);
          expect([...part]).toEqual(expected.slice(from, to));
        }
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  it('cuts large tensors into pieces of whole elements', () => {
    // 9 MiB, contiguous and transposed: three pieces each.
    const [rows, columns] = [1536, 1536];
    const numel = rows * columns;
    for (const stride of [
      [columns, 1],
      [1, rows],
    ]) {
      const file = torchZip(stateDict({ size: [rows, columns], stride, numel }), {
        storages: { 0: floats(numel) },
      });
      const sizes: number[] = [];
      for (const piece of opened(file, 'import').pieces('weight')) sizes.push(piece.length);
      expect(sizes).toEqual([2 ** 22, 2 ** 22, 2 ** 20]);
    }
  });

  it('reads parts of storages in the legacy stream', () => {
    const part = tuple(text('part'), int(2), int(3));
    const pickle = stateDict({ isLegacy: true, view: part, size: [2], stride: [1], offset: 1 });
    expect(valuesOf(opened(torchLegacy(pickle), 'import'), 'weight')).toEqual([4, 5]);
  });

  it('shows true as 1 whatever byte it is', () => {
    const view = { type: 'BoolStorage', numel: 3, size: [3], stride: [1] };
    const file = torchZip(stateDict(view), { storages: { 0: Uint8Array.of(0, 2, 255) } });
    expect([...bytesOf(opened(file, 'import'), 'weight')]).toEqual([0, 1, 1]);
  });

  it('refuses names and ranges that it does not have', () => {
    const checkpoint = opened(torchZip(stateDict()), 'import');
    expect(() => bytesOf(checkpoint, 'bias')).toThrow(
      expect.objectContaining({ code: 'checkpoint/unknown-tensor' }),
    );
    for (const [from, to] of [
      [-1, 2],
      [0, 7],
      [4, 3],
      [0.5, 1],
    ]) {
      expect(() => bytesOf(checkpoint, 'weight', from, to)).toThrow(
        expect.objectContaining({ code: 'checkpoint/element-range' }),
      );
    }
  });
});
