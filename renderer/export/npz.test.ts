import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExportArray } from '../state/panes.svelte.ts';
import { npzParts } from './files.ts';
import { npyFromArray } from './npy.ts';

fc.configureGlobal({ seed: 20261122 });

function joinedBytes(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Stored members by name, found through the directory at the end, as readers do. */
function membersOf(zip: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const end = zip.length - 22;
  expect(view.getUint32(end, true)).toBe(0x06054b50);
  const members = new Map<string, Uint8Array>();
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < view.getUint16(end + 10, true); i += 1) {
    expect(view.getUint32(at, true)).toBe(0x02014b50);
    const [crc, size, stored] = [16, 20, 24].map((offset) => view.getUint32(at + offset, true));
    const nameLength = view.getUint16(at + 28, true);
    const local = view.getUint32(at + 42, true);
    const name = new TextDecoder().decode(zip.subarray(at + 46, at + 46 + nameLength));
    // What the member says of itself is what the directory says of it.
    expect(view.getUint32(local, true)).toBe(0x04034b50);
    expect(zip.subarray(local + 4, local + 28)).toEqual(zip.subarray(at + 6, at + 30));
    expect(new TextDecoder().decode(zip.subarray(local + 30, local + 30 + nameLength))).toBe(name);
    const data = zip.subarray(local + 30 + nameLength, local + 30 + nameLength + (size ?? 0));
    expect([crc32(data), stored]).toEqual([crc, size]);
    members.set(name, data.slice());
    at += 46 + nameLength;
  }
  expect(at).toBe(end);
  return members;
}

/** An NPY file as its header tells it. */
function arrayOf(npy: Uint8Array) {
  const view = new DataView(npy.buffer, npy.byteOffset, npy.byteLength);
  const start = 10 + view.getUint16(8, true);
  const header = new TextDecoder().decode(npy.subarray(10, start));
  const found = /^\{'descr': '<(f[48])', 'fortran_order': False, 'shape': \(([\d, ]*)\), \} *\n$/.exec(
    header,
  );
  expect([...npy.subarray(0, 8)]).toEqual([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0]);
  expect(start % 64).toBe(0);
  expect(found).not.toBeNull();
  const data = npy.slice(start).buffer;
  return {
    shape: (found?.[2] ?? '')
      .split(',')
      .map((text) => text.trim())
      .filter((text) => text !== '')
      .map(Number),
    values: found?.[1] === 'f4' ? new Float32Array(data) : new Float64Array(data),
  };
}

const shape = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 0, maxLength: 4 });
const array = fc
  .tuple(shape, fc.boolean(), fc.nat())
  .map(([sizes, isSingle, seed]): Omit<ExportArray, 'name'> => {
    const count = sizes.reduce((product, size) => product * size, 1);
    const values = Float64Array.from({ length: count }, (_, i) =>
      i % 7 === 3 ? NaN : Math.sin(seed + i) * 10 ** ((i % 9) - 4),
    );
    return { shape: sizes, values: isSingle ? Float32Array.from(values) : values };
  });

describe('NPZ', () => {
  it('gives every array back: shape, type and bits', () => {
    fc.assert(
      fc.property(fc.array(array, { maxLength: 4 }), (arrays) => {
        const named = arrays.map((each, i) => ({ ...each, name: `array ${i}` }));
        const members = membersOf(joinedBytes(npzParts(named, '{"run":"a"}')));
        named.forEach((each, i) => {
          const back = arrayOf(members.get(`array_${i}.npy`) ?? new Uint8Array());
          expect(back.shape).toEqual(each.shape);
          expect(back.values).toEqual(each.values);
        });
        expect(new TextDecoder().decode(members.get('fewstep.json'))).toBe('{"run":"a"}');
      }),
    );
  });

  it('gives arrays of one name two names', () => {
    const one = { name: 'loss: drift', shape: [1], values: Float64Array.of(1) };
    const names = [...membersOf(joinedBytes(npzParts([one, one], '{}'))).keys()];
    expect(names).toEqual(['loss_drift.npy', 'loss_drift_2.npy', 'fewstep.json']);
  });

  it('is the same bytes for the same numbers', () => {
    const arrays = [{ name: 'x', shape: [2], values: Float32Array.of(1, 2) }];
    expect(npzParts(arrays, '{}')).toEqual(npzParts(arrays, '{}'));
  });
});

describe('npyFromArray', () => {
  it('writes what numpy.save writes', () => {
    const npy = npyFromArray({ name: 'x', shape: [2], values: Float32Array.of(1, -2) });
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
    const text = `\x93NUMPY\x01\x00\x76\x00${header}${' '.repeat(128 - 11 - header.length)}\n`;
    const numbers = [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0];
    expect([...npy]).toEqual([...Array.from(text, (each) => each.charCodeAt(0)), ...numbers]);
  });

  it('refuses values that do not fill the shape', () => {
    const wrong = { name: 'points', shape: [2, 2], values: Float32Array.of(1, 2, 3) };
    expect(() => npyFromArray(wrong)).toThrow('Expected 4 values of points [2, 2], found 3');
  });
});
