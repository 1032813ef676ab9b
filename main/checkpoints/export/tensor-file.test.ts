import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { writeSafetensors } from '../safetensors/index.ts';
import type { CheckpointTensor } from '../safetensors/index.ts';
import { writeTensorFile } from './tensor-file.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fewstep-tensor-file-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const file = path.join(folder, 'a.safetensors');

const tensorArbitrary: fc.Arbitrary<CheckpointTensor> = fc.oneof(
  fc.array(fc.float(), { maxLength: 20 }).map((values) => ({
    dtype: 'F32' as const,
    shape: [values.length],
    data: Float32Array.from(values),
  })),
  fc
    .uint8Array({ minLength: 6, maxLength: 6 })
    .map((data) => ({ dtype: 'U8' as const, shape: [2, 3], data })),
  fc.double().map((value) => ({ dtype: 'F64' as const, shape: [], data: Float64Array.of(value) })),
);

const ONE = [{ name: 'a', dtype: 'F32', shape: [2] }] as const;
const data = (): Float32Array => Float32Array.of(1, 2);

describe('writeTensorFile', () => {
  it('writes the bytes that the writer in memory makes', () => {
    const name = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => text !== '__metadata__');
    const tensorsArbitrary = fc.array(fc.tuple(name, tensorArbitrary), { maxLength: 6 });
    fc.assert(
      fc.property(tensorsArbitrary, fc.dictionary(fc.string(), fc.string()), (list, metadata) => {
        const tensors = new Map([
          ...list,
          ['7', { dtype: 'U8' as const, shape: [1], data: Uint8Array.of(7) }],
        ]);
        const texts = new Map(Object.entries(metadata).filter(([key]) => !/^\d+$|__proto__/.test(key)));
        const specs = [...tensors].map(([key, { dtype, shape }]) => ({ name: key, dtype, shape }));
        const bytes = writeTensorFile(file, specs, texts, (key) => tensors.get(key)!.data);
        const written = fs.readFileSync(file);
        fs.rmSync(file);
        expect(Buffer.compare(written, writeSafetensors(tensors, texts))).toBe(0);
        expect(bytes).toBe(written.length);
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  it('syncs before it closes, and tells how far it is', () => {
    const sync = vi.spyOn(fs, 'fsyncSync');
    const seen: number[][] = [];
    writeTensorFile(file, ONE, new Map(), data, (done, of) => seen.push([done, of]));
    expect(sync).toHaveBeenCalledTimes(1);
    const size = fs.statSync(file).size;
    expect(seen).toEqual([[size, size]]);
    sync.mockRestore();
    fs.rmSync(file);
  });

  it('never writes over a file', () => {
    fs.writeFileSync(file, 'mine');
    expect(() => writeTensorFile(file, ONE, new Map(), data)).toThrow(
      expect.objectContaining({ code: 'checkpoint/write-failed' }),
    );
    expect(fs.readFileSync(file, 'utf8')).toBe('mine');
    fs.rmSync(file);
  });

  it.each([
    [
      'data of another size',
      () => writeTensorFile(file, ONE, new Map(), () => Float32Array.of(1)),
      'bad-tensor',
    ],
    ['a name twice', () => writeTensorFile(file, [...ONE, ...ONE], new Map(), data), 'bad-tensor'],
    [
      'a shape that is none',
      () => writeTensorFile(file, [{ ...ONE[0], shape: [-1] }], new Map(), data),
      'bad-tensor',
    ],
  ])('refuses %s and leaves nothing', (_, write, code) => {
    expect(write).toThrow(expect.objectContaining({ code: `checkpoint/${code}` }));
    expect(fs.existsSync(file)).toBe(false);
  });

  it('says that the disk is full, and leaves nothing', () => {
    const full = vi.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    });
    expect(() => writeTensorFile(file, ONE, new Map(), data)).toThrow(
      expect.objectContaining({ code: 'checkpoint/disk-full' }),
    );
    full.mockRestore();
    expect(fs.existsSync(file)).toBe(false);
  });
});
