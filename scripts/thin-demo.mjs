/*
 * Makes a trained run small enough to ship: of its checkpoint the averaged parameters alone, which are all
 * that samples and students read, as 16-bit floats; in place of its copy of a teacher that ships too, the
 * name of that one. The run says so by a tag. It can be sampled and learnt from, and not be resumed.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { RunFolder } from '../main/store/run-folder.ts';

const TAG = '16-bit weights';

/**
 * @param {string} folder  of a finished run; changed in place
 * @param {string | null} teacher  name of the run beside it that it learnt from
 */
export function thinDemo(folder, teacher) {
  const run = RunFolder.open(folder);
  const warn = (/** @type {{ message: string }} */ { message }) => {
    throw new Error(message);
  };
  const state = run.checkpoints.latestGood(warn);
  const entry = run.checkpoints.entries(warn).at(-1);
  if (state === null || entry === undefined) throw new Error(`${folder} has no checkpoint`);
  /** @type {typeof state.tensors} */
  const tensors = new Map(
    [...state.tensors]
      .filter(([name]) => name.startsWith('ema/'))
      .map(([name, { shape, data }]) => [name, { dtype: 'F16', shape, data: halves(data) }]),
  );
  if (tensors.size === 0) throw new Error(`${folder} has no averaged parameters`);
  rmSync(run.checkpoints.folder, { recursive: true });
  run.checkpoints.save({ ...state, tensors }, 1, entry.score, warn);
  if (teacher !== null) {
    const copy = path.join(folder, 'teacher');
    rmSync(copy, { recursive: true });
    writeFileSync(copy, `${teacher}\n`);
    if (run.teacherPath !== path.join(path.dirname(run.path), teacher)) {
      throw new Error(`${readFileSync(copy, 'utf8')} is no name of a run`);
    }
  }
  run.update({ tags: [TAG] });
}

/**
 * Little-endian bytes of the nearest 16-bit floats.
 *
 * @param {import('../main/checkpoints/index.ts').CheckpointTensor['data']} values  float32
 */
function halves(values) {
  if (!(values instanceof Float32Array)) throw new Error('parameters of other than 32-bit floats');
  const out = new Uint8Array(2 * values.length);
  const view = new DataView(out.buffer);
  values.forEach((value, i) => {
    const half = Math.f16round(value);
    if (!Number.isFinite(half)) throw new Error(`a parameter of ${value} is too large for 16 bits`);
    view.setFloat16(2 * i, half, true);
  });
  return out;
}
