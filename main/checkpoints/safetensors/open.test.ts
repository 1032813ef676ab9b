import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../byte-source.ts';
import type { ByteSource } from '../byte-source.ts';
import { PIECE_BYTES } from '../checkpoint.ts';
import { allBytes, codeOf } from '../testing.ts';
import { arrayClassOf, bitsOf, dtypeNames } from './dtypes.ts';
import type { CheckpointTensor, Dtype } from './dtypes.ts';
import { openSafetensors, readSafetensors, writeSafetensors } from './index.ts';

const SEED = 20261122;

const tensor = fc
  .tuple(fc.constantFrom(...dtypeNames()), fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }))
  .chain(([dtype, dims]) => {
    const shape = bitsOf(dtype) < 8 ? [...dims, 8] : dims;
    const size = (shape.reduce((product, dim) => product * dim, 1) * bitsOf(dtype)) / 8;
    // Booleans of other bytes than 0 and 1 are another test.
    const max = dtype === 'BOOL' ? 1 : 255;
    return fc
      .uint8Array({ minLength: size, maxLength: size, max })
      .map((bytes) => tensorOf(dtype, shape, Uint8Array.from(bytes)));
  });

function tensorOf(dtype: Dtype, shape: number[], bytes: Uint8Array): CheckpointTensor {
  return { dtype, shape, data: new (arrayClassOf(dtype) as typeof Uint8Array)(bytes.buffer as ArrayBuffer) };
}

const file = fc
  .uniqueArray(fc.tuple(fc.string({ maxLength: 6 }), tensor), { selector: ([name]) => name, maxLength: 6 })
  .map((pairs) =>
    writeSafetensors(new Map(pairs.filter(([name]) => name !== '__metadata__')), new Map([['a', 'b']])),
  );

/** Counts what is read, and refuses to read more than `most` bytes at once. */
function counted(bytes: Uint8Array): ByteSource & { total: number } {
  const inner = bytesSource('test', bytes);
  return {
    ...inner,
    total: 0,
    read(offset, length) {
      this.total += length;
      return inner.read(offset, length);
    },
  };
}

describe('a streamed file', () => {
  it('reads what the reader in memory reads, of every dtype, whole and in parts', () => {
    fc.assert(
      fc.property(file, fc.nat(), fc.nat(), (bytes, a, b) => {
        const whole = readSafetensors(bytes);
        const opened = openSafetensors(bytesSource('test', bytes));
        expect(opened.tensors.map(({ name }) => name)).toEqual([...whole.tensors.keys()]);
        expect(opened.metadata).toEqual(whole.metadata);
        for (const { name, dtype, shape } of opened.tensors) {
          const { data } = whole.tensors.get(name)!;
          const expected = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
          expect(allBytes(opened, name)).toEqual(expected);
          // Sub-byte elements can be cut where a byte ends alone: every eight of them.
          const unit = bitsOf(dtype) < 8 ? 8 : 1;
          const count = shape.reduce((product, dim) => product * dim, 1) / unit;
          const [from, to] = [a % (count + 1), b % (count + 1)].sort((x, y) => x - y) as [number, number];
          const width = (bitsOf(dtype) * unit) / 8;
          expect(allBytes(opened, name, from * unit, to * unit)).toEqual(
            expected.subarray(from * width, to * width),
          );
        }
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('takes and refuses the same files, with the same codes, after any damage', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
    fc.assert(
      fc.property(file, damage, fc.nat(), (bytes, changes, cut) => {
        for (const [place, byte] of changes) bytes[place % bytes.length] = byte;
        const left = bytes.subarray(0, bytes.length - (cut % 4 === 0 ? cut % bytes.length : 0));
        const streamed = codeOf(() => openSafetensors(bytesSource('test', left)));
        expect(streamed).toBe(codeOf(() => readSafetensors(left)));
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  it('reads the header alone to list, in two reads, and a few bytes for a few elements', () => {
    const data = new Float32Array(1_000_000);
    const bytes = writeSafetensors(new Map([['x', { dtype: 'F32', shape: [1_000_000], data }]]));
    const source = counted(bytes);
    const opened = openSafetensors(source);
    expect(source.total).toBe(bytes.length - data.byteLength);
    expect(allBytes(opened, 'x', 5, 8)).toHaveLength(12);
    expect(source.total).toBe(bytes.length - data.byteLength + 12);
  });

  it('allocates nothing for a header that is longer than the file', () => {
    const bytes = new Uint8Array(20);
    new DataView(bytes.buffer).setUint32(0, 90_000_000, true);
    const source = counted(bytes);
    expect(codeOf(() => openSafetensors(source))).toBe('checkpoint/header-length');
    expect(source.total).toBe(8);
  });

  it('gives pieces of whole elements, none above the limit', () => {
    const elements = PIECE_BYTES + 8;
    for (const dtype of ['F64', 'F6_E2M3', 'U8'] as const) {
      const bytes = new Uint8Array((elements * bitsOf(dtype)) / 8);
      const opened = openSafetensors(
        bytesSource('test', writeSafetensors(new Map([['x', tensorOf(dtype, [elements], bytes)]]))),
      );
      const sizes = [...opened.pieces('x')].map((piece) => piece.length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(PIECE_BYTES);
      expect(sizes.every((size) => (size * 8) % bitsOf(dtype) === 0)).toBe(true);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(bytes.length);
    }
  });

  it.each([
    [
      'tensors',
      'too-many-tensors',
      200_001,
      (i: number) => `"${i}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`,
      '',
    ],
    ['notes', 'too-many-keys', 250_001, (i: number) => `"${i}":""`, '"__metadata__":{'],
  ])('refuses more %s than any file has', (_, code, count, member, start) => {
    const members = Array.from({ length: count }, (_, i) => member(i));
    const header = Buffer.from(`{${start}${members.join(',')}${start === '' ? '' : '}'}}`);
    const bytes = Buffer.alloc(8 + header.length);
    bytes.writeUInt32LE(header.length);
    header.copy(bytes, 8);
    expect(codeOf(() => openSafetensors(bytesSource('test', bytes)))).toBe(`checkpoint/${code}`);
  });
});
