import fc from 'fast-check';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from './index.ts';
import { npyOf } from './npz/testing.ts';
import type { CheckpointTensor } from './safetensors/index.ts';
import { writeSafetensors } from './safetensors/index.ts';
import { allBytes, codeOf } from './testing.ts';
import { zipOf } from './zip/testing.ts';

const SEED = 20261122;
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'fewstep-open-'));
afterAll(() => fs.rmSync(root, { recursive: true }));

let made = 0;
function folderOf(files: Record<string, Uint8Array | string>): string {
  const folder = path.join(root, `${made++}`);
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

function codeOfFile(content: Uint8Array | string): string {
  return codeOf(() =>
    openCheckpoint(path.join(folderOf({ 'model.bin': content }), 'model.bin'), 'inspect').close(),
  );
}

function f32(...values: number[]): CheckpointTensor {
  return { dtype: 'F32', shape: [values.length], data: Float32Array.from(values) };
}

function safetensors(tensors: Record<string, CheckpointTensor>): Uint8Array {
  return writeSafetensors(new Map(Object.entries(tensors)));
}

function bytes(...parts: (string | number | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(
    Buffer.concat(
      parts.map((part) =>
        typeof part === 'string'
          ? Buffer.from(part, 'latin1')
          : typeof part === 'number'
            ? Buffer.alloc(part)
            : part,
      ),
    ),
  );
}

const npy = npyOf({ descr: '<f4', shape: [1], data: new Uint8Array(4) });
const member = (name: string, data: Uint8Array = npy) => ({ name, data });

describe('formats, whatever the file is called', () => {
  it('opens safetensors, NPY and NPZ', () => {
    const folder = folderOf({
      'a.pt': safetensors({ x: f32(1, 2) }),
      'b.safetensors': npy,
      'c.npy': zipOf([member('w.npy')]),
    });
    const opened = ['a.pt', 'b.safetensors', 'c.npy'].map((name) => {
      const checkpoint = openCheckpoint(path.join(folder, name), 'import');
      const [first] = checkpoint.tensors;
      const found = [
        checkpoint.format,
        first!.name,
        allBytes(checkpoint, first!.name).length,
        checkpoint.fileBytes,
      ];
      checkpoint.close();
      return found;
    });
    expect(opened.map((found) => found.slice(0, 3))).toEqual([
      ['safetensors', 'x', 8],
      ['npy', 'array', 4],
      ['npz', 'w', 4],
    ]);
    expect(opened[1]![3]).toBe(npy.length);
  });

  it('lists booleans as 0 and 1 and lists nothing of the data', () => {
    const file = safetensors({ b: { dtype: 'BOOL', shape: [3], data: Uint8Array.of(0, 2, 255) } });
    const checkpoint = openCheckpoint(path.join(folderOf({ f: file }), 'f'), 'import');
    expect(allBytes(checkpoint, 'b')).toEqual(Uint8Array.of(0, 1, 1));
    expect(allBytes(checkpoint, 'b', 1, 2)).toEqual(Uint8Array.of(1));
    checkpoint.close();
  });

  const pickle = bytes('\x80\x02}q\x00.');
  const legacy = bytes('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.');
  const whole = safetensors({ x: f32(1) });
  const tar = bytes('name', 253, 'ustar\x0000', 300);
  const inTensor = (data: Uint8Array) => safetensors({ x: { dtype: 'U8', shape: [data.length], data } });
  const cases: [string, Uint8Array | string, string][] = [
    ['an empty file', '', 'empty-file'],
    ['a file of one byte', 'x', 'unknown-format'],
    ['text', 'hello, this is no checkpoint', 'unknown-format'],
    ['random bytes', bytes('\xde\xad\xbe\xef\xde\xad\xbe\xef\xde\xad\xbe\xef'), 'unknown-format'],
    ['a tar archive', tar, 'tar'],
    ['gzip', bytes('\x1f\x8b\x08', 20), 'gzip'],
    ['bzip2', 'BZh91AY&SY', 'bzip2'],
    ['xz', bytes('\xfd7zXZ\0', 8), 'xz'],
    ['zstd', bytes('\x28\xb5\x2f\xfd', 8), 'zstd'],
    ['HDF5', bytes('\x89HDF\r\n\x1a\n', 64), 'hdf5'],
    ['HDF5 behind a user block', bytes('notes...', 504, '\x89HDF\r\n\x1a\n', 64), 'hdf5'],
    ['GGUF', bytes('GGUF\x03\0\0\0', 24), 'gguf'],
    ['an ONNX model', bytes('\x08\x08\x12\x07pytorch\x1a\x052.1.0', 20), 'onnx'],
    ['Flax msgpack', bytes('\x82\xa6params\x81\xa1w\x00'), 'flax-msgpack'],
    ['Flax msgpack of many keys', bytes('\xde\x00\x20\xaaLightningD\x81'), 'flax-msgpack'],
    ['a bare pickle', pickle, 'bare-pickle'],
    ['a bare pickle of protocol 4', bytes('\x80\x04\x95', 12, '.'), 'bare-pickle'],
    ['a JSON file that is no index', '{"model_type": "dit"}', 'not-an-index'],
    ['a ZIP archive of neither kind', zipOf([member('notes.txt')]), 'unknown-format'],
    ['an empty ZIP archive', zipOf([]), 'unknown-format'],
    ['a TorchScript program', zipOf([member('m/data.pkl'), member('m/constants.pkl')]), 'torchscript'],
    ['TorchScript code', zipOf([member('m/data.pkl'), member('m/code/__torch__.py')]), 'torchscript'],
    ['a model archive', zipOf([member('MAR-INF/MANIFEST.json'), member('model.pt')]), 'mar'],
    ['arrays and a pickle in one archive', zipOf([member('a/data.pkl'), member('w.npy')]), 'two-formats'],
    ['a pickle with an archive behind it', bytes(pickle, zipOf([member('w.npy')])), 'two-formats'],
    ['a legacy stream with an archive behind it', bytes(legacy, zipOf([member('w.npy')])), 'two-formats'],
    ['an array with an archive behind it', bytes(npy, zipOf([member('w.npy')])), 'two-formats'],
    ['a tar archive with an archive behind it', bytes(tar, zipOf([member('w.npy')])), 'two-formats'],
    ['safetensors with an archive behind it', bytes(whole, zipOf([member('w.npy')])), 'two-formats'],
    ['safetensors with an archive as its last tensor', inTensor(zipOf([member('w.npy')])), 'two-formats'],
    ['safetensors whose length is a ZIP signature', bytes('PK\x03\x04\0\0\0\0{', 80), 'two-formats'],
    ['safetensors whose length is a gzip signature', bytes('\x1f\x8b\x08\0\0\0\0\0{', 80), 'two-formats'],
    [
      'an index with an archive behind it',
      bytes('{"weight_map": {}}', zipOf([member('w.npy')])),
      'two-formats',
    ],
    ['an archive behind a script', bytes('#!/bin/sh\n', zipOf([member('w.npy')])), 'zip-outside'],
    ['safetensors that are cut short', whole.subarray(0, whole.length - 1), 'incomplete-buffer'],
    ['safetensors whose header is cut short', whole.subarray(0, 30), 'header-length'],
    [
      'safetensors whose header is too large',
      bytes('\xff\xff\xff\xff\xff\xff\xff\xff{}'),
      'header-too-large',
    ],
    ['safetensors whose header begins with a space', bytes('\x03\0\0\0\0\0\0\0 {}'), 'header-start'],
    ['safetensors whose header is no JSON', bytes('\x03\0\0\0\0\0\0\0{,}'), 'header-json'],
    ['safetensors whose header is not UTF-8', bytes('\x03\0\0\0\0\0\0\0{\xff}'), 'header-not-utf8'],
    ['an archive that is cut short', zipOf([member('w.npy')]).subarray(0, 100), 'zip-truncated'],
  ];

  it.each(cases)('refuses %s', (_, content, code) => {
    expect(codeOfFile(content)).toBe(`checkpoint/${code}`);
  });

  it('names the file and its first and last bytes', () => {
    const folder = folderOf({ 'model.pt': bytes('GGUF\x03\0\0\0', 24) });
    expect(() => openCheckpoint(path.join(folder, 'model.pt'), 'inspect')).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('model.pt: expected'),
        detail: expect.objectContaining({ head: expect.stringMatching(/^47 47 55 46/), fileBytes: 32 }),
      }),
    );
  });

  it('refuses what is not there', () => {
    expect(codeOf(() => openCheckpoint(path.join(root, 'none.pt'), 'inspect'))).toBe('checkpoint/no-file');
    expect(codeOf(() => openCheckpoint(folderOf({ 'notes.txt': 'x' }), 'inspect'))).toBe(
      'checkpoint/no-file',
    );
    expect(codeOf(() => openCheckpoint(path.join(root, 'n'.repeat(300)), 'inspect'))).toBe(
      'checkpoint/no-file',
    );
  });

  // Windows lets only some people make links.
  it.skipIf(process.platform === 'win32')('refuses a link to itself', () => {
    const link = path.join(folderOf({ f: '' }), 'link.pt');
    fs.symlinkSync(link, link);
    expect(codeOf(() => openCheckpoint(link, 'inspect'))).toBe('checkpoint/no-file');
  });

  it('gives a named refusal or a listing for any beginning of any format', () => {
    const begin = fc.constantFrom(whole, npy, zipOf([member('w.npy')]), tar, bytes('{"weight_map": {}}'));
    const file = path.join(folderOf({ f: '' }), 'f');
    fc.assert(
      fc.property(
        begin,
        fc.nat(),
        fc.nat({ max: 255 }),
        fc.uint8Array({ maxLength: 40 }),
        (good, place, byte, more) => {
          const content = Uint8Array.from([...good, ...more]);
          content[place % content.length] = byte;
          fs.writeFileSync(file, content);
          expect(codeOf(() => openCheckpoint(file, 'import').close())).toMatch(/^accepted$|^checkpoint\//);
        },
      ),
      { seed: SEED, numRuns: 500 },
    );
  });
});

describe('sharded checkpoints', () => {
  const shards = {
    'm-1.safetensors': safetensors({ a: f32(1, 2) }),
    'm-2.safetensors': safetensors({ b: f32(3) }),
  };
  const index = (map: string, more = '"metadata": {"total_size": 12}, ') => `{${more}"weight_map": {${map}}}`;
  const good = index('"a": "m-1.safetensors", "b": "m-2.safetensors"');
  const NAME = 'm.safetensors.index.json';

  it('opens by the index or by the folder, and reads each tensor from its shard', () => {
    const folder = folderOf({ ...shards, [NAME]: good });
    for (const where of [folder, path.join(folder, NAME)]) {
      const checkpoint = openCheckpoint(where, 'import');
      expect(checkpoint.format).toBe('safetensors-sharded');
      expect(checkpoint.tensors.map(({ name }) => name)).toEqual(['a', 'b']);
      expect(checkpoint.metadata.get('total_size')).toBe('12');
      expect(allBytes(checkpoint, 'b')).toEqual(new Uint8Array(Float32Array.of(3).buffer));
      expect(codeOf(() => allBytes(checkpoint, 'c'))).toBe('checkpoint/unknown-tensor');
      checkpoint.close();
    }
  });

  it('opens a folder with one safetensors file, and asks where there are several', () => {
    const one = openCheckpoint(
      folderOf({ 'w.safetensors': shards['m-1.safetensors'], 'config.json': '{}' }),
      'import',
    );
    expect(one.format).toBe('safetensors');
    one.close();
    expect(codeOf(() => openCheckpoint(folderOf(shards), 'import'))).toBe('checkpoint/several-files');
    const twice = folderOf({ ...shards, [NAME]: good, 'n.safetensors.index.json': good });
    expect(codeOf(() => openCheckpoint(twice, 'import'))).toBe('checkpoint/several-files');
  });

  const deep = '['.repeat(100_000);
  const cases: [string, string, string][] = [
    ['a shard in a parent folder', index('"a": "../m-1.safetensors"'), 'shard-name'],
    ['a shard in another folder', index('"a": "sub/m-1.safetensors"'), 'shard-name'],
    ['an absolute shard', index('"a": "/etc/passwd"'), 'shard-name'],
    ['a shard behind a backslash', index('"a": "..\\\\m-1.safetensors"'), 'shard-name'],
    ['a shard on a drive', index('"a": "C:m-1.safetensors"'), 'shard-name'],
    ['a shard that is its folder', index('"a": "."'), 'shard-name'],
    ['a shard with a zero byte', index('"a": "m-1.safetensors\\u0000"'), 'shard-name'],
    ['a shard without a name', index('"a": ""'), 'shard-name'],
    ['a shard that is not there', index('"a": "m-3.safetensors"'), 'shard-missing'],
    ['a tensor in another shard', index('"b": "m-1.safetensors", "a": "m-2.safetensors"'), 'shard-tensors'],
    ['a tensor that no shard has', index('"a": "m-1.safetensors", "c": "m-1.safetensors"'), 'shard-tensors'],
    ['a tensor that the index leaves out', index('"a": "both.safetensors"'), 'shard-tensors'],
    ['one tensor in two shards', index('"a": "m-1.safetensors", "a": "m-2.safetensors"'), 'duplicate-key'],
    ['two weight maps', '{"weight_map": {}, "weight_map": {}}', 'duplicate-key'],
    [
      'a tensor in two shards, named once',
      index('"a": "m-1.safetensors", "b": "both.safetensors"'),
      'shard-tensors',
    ],
    ['a shard that is no safetensors file', index('"a": "pickle.bin"'), 'header-too-large'],
    ['a number as shard', index('"a": 1'), 'header-field'],
    ['a list as weight map', '{"weight_map": []}', 'header-field'],
    ['a nested bomb', `{"metadata": {"a": ${deep}`, 'header-field'],
    ['a nested bomb beside', `{"x": ${deep}`, 'header-field'],
    ['text after the index', `${good} x`, 'header-json'],
    ['300 shards', index(Array.from({ length: 300 }, (_, i) => `"t${i}": "s${i}"`).join()), 'shard-tensors'],
  ];

  it.each(cases)('refuses %s', (_, content, code) => {
    const both = safetensors({ a: f32(1), b: f32(2) });
    const folder = folderOf({
      ...shards,
      'both.safetensors': both,
      'pickle.bin': '\x80\x02}q\x00.0123456789',
      [NAME]: content,
    });
    expect(codeOf(() => openCheckpoint(path.join(folder, NAME), 'import').close())).toBe(
      `checkpoint/${code}`,
    );
  });
});

describe('runs', () => {
  const steps = [1, 2, 10].map(
    (step) => [`checkpoints/step-${step}.safetensors`, safetensors({ w: f32(step) })] as const,
  );
  const run = JSON.stringify({
    name: 'Mine',
    config: { method: 'teacher', params: { width: 64 } },
    error: null,
  });
  const files = { 'run.json': run, ...Object.fromEntries(steps) };
  const stepIn = (where: string) => {
    const checkpoint = openCheckpoint(where, 'import');
    const step = new Float32Array(allBytes(checkpoint, 'w').buffer)[0];
    checkpoint.close();
    return { checkpoint, step };
  };

  it('takes the newest checkpoint, by number, and the facts of the run', () => {
    const { checkpoint, step } = stepIn(folderOf(files));
    expect([checkpoint.format, step, checkpoint.warnings]).toEqual(['fewstep-run', 10, []]);
    expect(Object.fromEntries(checkpoint.facts)).toEqual({
      name: 'Mine',
      'config.method': 'teacher',
      'config.params.width': '64',
      error: 'null',
    });
  });

  it('takes the checkpoint that is asked for, and knows what run it is of', () => {
    const { checkpoint, step } = stepIn(path.join(folderOf(files), 'checkpoints/step-2.safetensors'));
    expect([checkpoint.format, step, checkpoint.facts.get('name')]).toEqual(['fewstep-run', 2, 'Mine']);
  });

  it('passes over what is damaged, by its form or by its hash, and says so', () => {
    const cut = { ...files, 'checkpoints/step-10.safetensors': steps[2]![1].subarray(0, 50) };
    const { checkpoint, step } = stepIn(folderOf(cut));
    expect([step, checkpoint.warnings.map(({ code }) => code)]).toEqual([2, ['checkpoint/header-length']]);
    const entry = { file: 'step-10.safetensors', sha256: '0'.repeat(64) };
    const manifest = { 'checkpoints/manifest.json': JSON.stringify({ checkpoints: [entry] }) };
    expect(stepIn(folderOf({ ...files, ...manifest })).step).toBe(2);
    expect(stepIn(folderOf({ ...files, 'checkpoints/manifest.json': '{' })).step).toBe(10);
  });

  it.each([
    ['a run.json that is none', { ...files, 'run.json': '{' }, 'run-file'],
    ['a run.json of many megabytes', { ...files, 'run.json': ' '.repeat(5e6) }, 'run-file'],
    ['a run whose folder of checkpoints is a file', { 'run.json': run, checkpoints: '' }, 'run-file'],
    ['a run without checkpoints', { 'run.json': run, 'checkpoints/notes.txt': '' }, 'run-empty'],
    ['a run with nothing whole', { 'run.json': run, 'checkpoints/step-1.safetensors': 'x' }, 'run-damaged'],
  ])('refuses %s', (_, content: Record<string, string | Uint8Array>, code) => {
    expect(codeOf(() => openCheckpoint(folderOf(content), 'import'))).toBe(`checkpoint/${code}`);
  });

  it('keeps facts few and short, however much run.json holds', () => {
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`k${i}`, 'x'.repeat(900)]));
    const { checkpoint } = stepIn(folderOf({ ...files, 'run.json': JSON.stringify(many) }));
    expect([checkpoint.facts.size, checkpoint.facts.get('k0')?.length]).toEqual([1000, 200]);
  });
});
