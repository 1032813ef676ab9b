import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { tensorflowFailure } from './tensorflow-errors.ts';
import { tensorflowExecutor } from './tensorflow.ts';

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fewstep-tensorflow-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), content);
  return folder;
}

it.each<[string, Readonly<Record<string, string>>, RegExp]>([
  ['there is none', {}, /^TensorFlow is not installed: fewstep engine install tensorflow$/],
  ['its record is damaged', { 'engine.json': '{"addon":' }, /engine\.json cannot be read; install it again/],
  ['its record names no addon', { 'engine.json': '{}' }, /engine\.json names, is missing; install it again/],
  ['its addon is gone', { 'engine.json': '{"addon":"a.node"}' }, /a\.node, which .* names, is missing/],
  [
    'its addon is no library',
    { 'engine.json': '{"addon":"a.node"}', 'a.node': 'not a library' },
    /a\.node could not be loaded: .*Install it again: fewstep engine install tensorflow$/s,
  ],
])('where %s, it says so and what to do', async (_, files, message) => {
  await expect(tensorflowExecutor(folderWith(files))).rejects.toMatchObject({
    code: 'engine/no-executor',
    message: expect.stringMatching(message) as unknown,
  });
});

it.each([
  [
    'Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[65536,65536] and type float on /device:GPU:0',
    'engine/out-of-memory',
  ],
  ['CUDA_ERROR_OUT_OF_MEMORY: out of memory', 'engine/out-of-memory'],
  [
    'Invalid TF_Status: 13\nMessage: CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access',
    'engine/device-lost',
  ],
  [
    'Invalid TF_Status: 13\nMessage: Blas xGEMM launch failed: CUBLAS_STATUS_EXECUTION_FAILED',
    'engine/device-lost',
  ],
  ['Invalid TF_Status: 3\nMessage: Value for attr T of int32 is not in the list', undefined],
  ['program input x: expected 12 elements of shape [4, 3], found 3', undefined],
])('%s is %s', (message, code) => {
  expect(tensorflowFailure(new Error(message))?.code).toBe(code);
});
