/** `fewstep sample --run RUN`: draws samples into a file. */
import fs from 'node:fs';
import path from 'node:path';
import { WorkbenchError } from '#contract/errors.ts';
import type { ViewFrame } from '#contract/frames.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { npyFromPoints } from '../../datasets/index.ts';
import { writeFileAtomic } from '../../store/atomic-file.ts';
import { ASKED_FLAGS, askedFrom } from './asked.ts';
import { withEngine } from './engine.ts';
import { integer, parseFlags, required, text } from './flags.ts';
import { type NumpyArray, npyOf, npzOf } from './npz.ts';
import type { Output } from './output.ts';
import { pngGrid } from './png.ts';

export async function sample(argv: readonly string[], output: Output): Promise<number> {
  const given = parseFlags(argv, {
    run: 'string',
    n: 'string',
    nfe: 'string',
    sampler: 'string',
    seed: 'string',
    step: 'string',
    decoder: 'string',
    out: 'string',
    ...ASKED_FLAGS,
    home: 'string',
    json: 'boolean',
  });
  const run = required(given, 'run', 'a run by id or folder, or an imported model by id');
  const count = integer(given, 'n', 1000);
  const seed = integer(given, 'seed', 0);
  const [sampler, decoder] = [text(given, 'sampler'), text(given, 'decoder')];
  const asked = askedFrom(given);
  return withEngine(text(given, 'home'), async (client) => {
    const folder = await folderFor(client, run);
    const frame = await client.call('views.compute', {
      run,
      view: {
        kind: 'samples',
        count,
        seed,
        nfe: integer(given, 'nfe', 1),
        ...(sampler === undefined ? {} : { sampler }),
        ...(decoder === undefined ? {} : { decoder }),
        ...asked,
      },
      ...(given['step'] === undefined ? {} : { step: integer(given, 'step', 0) }),
    });
    const { step, nfe, dim, shape, imageShape } = frame;
    const extension = shape === undefined ? 'npy' : 'npz';
    const name = text(given, 'out') ?? path.join(folder, 'samples', `step-${step}-seed-${seed}.${extension}`);
    const file = path.resolve(name);
    const content = contentOf(path.extname(file).toLowerCase(), frame, asked['label']);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    writeFileAtomic(file, content);
    const shapes = { ...(shape ? { shape } : {}), ...(imageShape ? { imageShape } : {}) };
    output.answer({ file, step, nfe, count, dim, ...shapes }, [
      `${count} samples of step ${step} at NFE ${nfe}: ${name}`,
    ]);
    return 0;
  });
}

/** Where samples go that are not told where: to their run, or to the exports. */
async function folderFor(client: WorkbenchClient, run: string): Promise<string> {
  const models = await client.call('models.list', {});
  const model = models.find(({ id }) => id === run);
  if (model === undefined) return (await client.call('runs.get', { run })).folder;
  // Its folder is `<data folder>/models/<id>`.
  return path.join(path.dirname(path.dirname(model.folder)), 'exports', run);
}

/** @throws WorkbenchError `cli/bad-flag` for what such samples cannot be written as */
function contentOf(extension: string, frame: ViewFrame, label: number | undefined): Uint8Array | string {
  const { count, dim, arrays } = frame;
  const points = arrays['points']!;
  const shape = [count, ...(frame.shape ?? [dim])];
  const images: NumpyArray | null =
    frame.imageShape === undefined ? null : { shape: [count, ...frame.imageShape], data: arrays['images']! };
  if (extension === '.csv') return csvFrom(points, dim);
  if (extension === '.npz') {
    const labels = { shape: [count], data: new Int32Array(count).fill(label ?? -1) };
    return npzOf({ points: { shape, data: points }, labels, ...(images === null ? {} : { images }) });
  }
  if (extension === '.png') {
    if (images !== null) return pngGrid(images.data as Float32Array, sides(frame.imageShape!));
    if (frame.shape?.at(-1) === 3 || frame.shape?.at(-1) === 1) return pngGrid(points, sides(frame.shape));
    const found = frame.shape === undefined ? 'points' : `latents of ${frame.shape.at(-1)} channels`;
    throw new WorkbenchError(
      'cli/bad-flag',
      `--out: expected images for PNG, found ${found}; name an imported autoencoder as --decoder`,
      { field: 'out' },
    );
  }
  if (images !== null) return npyOf(images);
  if (frame.shape !== undefined) return npyOf({ shape, data: points });
  return npyFromPoints({ count, dim, values: Float64Array.from(points) });
}

function sides(shape: readonly number[]): [number, number, number] {
  return [shape[0]!, shape[1]!, shape[2]!];
}

function csvFrom(values: Float32Array, dim: number): string {
  const rows: string[] = [];
  for (let i = 0; i < values.length; i += dim) rows.push(Array.from(values.subarray(i, i + dim)).join(','));
  return `${rows.join('\n')}\n`;
}
