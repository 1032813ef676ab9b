import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CheckpointSource, ImportProgress } from '#contract/checkpoints.ts';
import { readSafetensors } from '../../checkpoints/index.ts';
import { openHome } from '../../store/home.ts';
import { listingOf } from '../reader/listing.ts';
import { nodeReader } from '../reader/node-process.ts';
import type { SpawnReader } from '../reader/process.ts';
import { scratchFolder, sitTensors, writeTensors } from '../testdata/checkpoint-files.ts';
import { Checkpoints } from './checkpoints.ts';
import { createGrantKey, sealGrant } from './grants.ts';
import { ImportedModels } from './imported-models.ts';

const key = createGrantKey();
const listening = new AbortController().signal;

interface Opened {
  readonly checkpoints: Checkpoints;
  readonly models: ImportedModels;
  readonly runs: string[];
  /** What lies among the models, temporary or not. */
  readonly left: () => string[];
}

function opened(
  allowed: { allowsFolders?: boolean; files?: string | null } = {},
  reader: SpawnReader = nodeReader(),
): Opened {
  const home = openHome(path.join(scratchFolder(), 'home'));
  const models = new ImportedModels(
    home,
    () => false,
    ({ message }) => expect.unreachable(message),
  );
  const runs: string[] = [];
  const checkpoints = new Checkpoints({
    reader,
    grantKey: key,
    allowsFolders: allowed.allowsFolders ?? false,
    files: allowed.files ?? null,
    models,
    adoptRun: (folder) => void runs.push(folder),
  });
  return { checkpoints, models, runs, left: () => fs.readdirSync(home.models) };
}

function granted(file: string): CheckpointSource {
  return { kind: 'grant', grant: sealGrant(file, key) };
}

function named(file: string): CheckpointSource {
  return { kind: 'path', path: file };
}

async function allOf<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of stream) values.push(value);
  return values;
}

describe('inspecting', () => {
  it('says what a reading in this process says', async () => {
    const file = writeTensors(scratchFolder(), 'sit-tiny.safetensors', sitTensors(0));
    const { checkpoints } = opened();
    const listing = await checkpoints.inspect({ source: granted(file), options: { heads: 2 } });
    expect(listing).toEqual(listingOf(file, { heads: 2 }));
    expect(listing).toMatchObject({
      name: 'sit-tiny.safetensors',
      format: 'safetensors',
      fileBytes: fs.statSync(file).size,
      importable: true,
      recognised: { kind: 'sit', config: { width: 16, depth: 1, heads: 2, size: 4 } },
    });
    expect(listing.tensors).toContainEqual({
      name: 'pos_embed',
      dtype: 'float32',
      shape: [1, 4, 16],
      bytes: 256,
    });
  });

  it('hears what the config.json beside a file says', async () => {
    const folder = scratchFolder();
    const file = writeTensors(folder, 'sit-tiny.safetensors', sitTensors(0));
    const { checkpoints } = opened();
    const heads = async (): Promise<unknown> => {
      const { recognised } = await checkpoints.inspect({ source: granted(file), options: {} });
      return recognised?.config.network === 'dit' ? recognised.config.heads : null;
    };
    fs.writeFileSync(path.join(folder, 'config.json'), '{"num_attention_heads": 8}');
    expect(await heads()).toBe(8);
    fs.writeFileSync(path.join(folder, 'config.json'), '{"num_attention_heads": 2}');
    expect(await heads()).toBe(2);
    fs.writeFileSync(path.join(folder, 'config.json'), 'no JSON');
    await heads();
  });

  it('refuses what is no checkpoint by its own error', async () => {
    const file = path.join(scratchFolder(), 'broken.safetensors');
    fs.writeFileSync(file, 'neither this nor that');
    const { checkpoints } = opened();
    const inspecting = checkpoints.inspect({ source: granted(file), options: {} });
    await expect(inspecting).rejects.toMatchObject({
      code: expect.stringMatching(/^checkpoint\/(?!reader)/) as unknown,
    });
  });
});

describe('a source', () => {
  const options = {};

  it('by path is refused unless paths may be named', async () => {
    const file = writeTensors(scratchFolder(), 'a.safetensors', sitTensors(0));
    const none = opened().checkpoints;
    await expect(none.inspect({ source: named(file), options })).rejects.toMatchObject({
      code: 'checkpoint/path-not-allowed',
    });
    const all = opened({ allowsFolders: true }).checkpoints;
    expect((await all.inspect({ source: named(file), options })).name).toBe('a.safetensors');
  });

  it('by path lies under the folder that is shown, links followed', async () => {
    const [outside, folder] = [scratchFolder(), scratchFolder()];
    const secret = writeTensors(outside, 'secret.safetensors', sitTensors(0));
    fs.mkdirSync(path.join(folder, 'sub'));
    const file = writeTensors(path.join(folder, 'sub'), 'shown.safetensors', sitTensors(0));
    fs.symlinkSync(secret, path.join(folder, 'link.safetensors'));
    fs.symlinkSync(outside, path.join(folder, 'way'));
    fs.symlinkSync(file, path.join(folder, 'inner.safetensors'));
    const { checkpoints } = opened({ files: folder });
    const name = async (given: string): Promise<string> =>
      (await checkpoints.inspect({ source: named(given), options })).name;
    expect(await name(file)).toBe('shown.safetensors');
    expect(await name('sub/shown.safetensors')).toBe('shown.safetensors');
    expect(await name('inner.safetensors')).toBe('inner.safetensors');
    for (const given of [
      secret,
      '/etc/passwd',
      '/nowhere/at/all',
      `../${path.basename(outside)}/secret.safetensors`,
      `${folder}-beside/a.safetensors`,
      'sub/../../secret.safetensors',
      'link.safetensors',
      'way/secret.safetensors',
      '.',
    ]) {
      await expect(checkpoints.inspect({ source: named(given), options }), given).rejects.toMatchObject({
        code: 'checkpoint/path-not-allowed',
      });
    }
    await expect(checkpoints.inspect({ source: named('sub/none.pt'), options })).rejects.toMatchObject({
      code: 'checkpoint/no-file',
    });
  });

  it('by grant is one that this start of the host made', async () => {
    const { checkpoints } = opened({ allowsFolders: true });
    const grant = sealGrant('/a.pt', createGrantKey());
    const inspecting = checkpoints.inspect({ source: { kind: 'grant', grant }, options });
    await expect(inspecting).rejects.toMatchObject({ code: 'checkpoint/unknown-grant' });
  });
});

describe('files', () => {
  it('are those of the folder that is shown that may be checkpoints, not too deep', () => {
    const folder = scratchFolder();
    const deep = path.join(folder, 'a', 'b', 'c', 'd');
    fs.mkdirSync(deep, { recursive: true });
    fs.writeFileSync(path.join(folder, 'z.pt'), '12345');
    fs.writeFileSync(path.join(folder, 'notes.txt'), '');
    fs.writeFileSync(path.join(folder, 'config.json'), '{}');
    fs.writeFileSync(path.join(folder, 'a', 'model.safetensors.index.json'), '{}');
    fs.writeFileSync(path.join(folder, 'a', 'b', 'c', 'LAST.CKPT'), '1');
    fs.writeFileSync(path.join(deep, 'hidden.pt'), '');
    fs.symlinkSync('/etc', path.join(folder, 'etc'));
    expect(opened({ files: folder }).checkpoints.files()).toEqual({
      folder,
      files: [
        { path: path.join(folder, 'z.pt'), name: 'z.pt', bytes: 5 },
        {
          path: path.join(folder, 'a', 'model.safetensors.index.json'),
          name: path.join('a', 'model.safetensors.index.json'),
          bytes: 2,
        },
        {
          path: path.join(folder, 'a', 'b', 'c', 'LAST.CKPT'),
          name: path.join('a', 'b', 'c', 'LAST.CKPT'),
          bytes: 1,
        },
      ],
    });
  });

  it('are none where no folder is shown', () => {
    expect(opened().checkpoints.files()).toEqual({ folder: null, files: [] });
  });
});

describe('looking at tensors', () => {
  it('brings statistics in the order asked, and names a tensor that is not there', async () => {
    const tensors = sitTensors(1);
    const file = writeTensors(scratchFolder(), 'sit.safetensors', tensors);
    const { checkpoints } = opened();
    const asked = ['x_embedder.proj.weight', 'pos_embed'];
    const source = granted(file);
    const found = (await allOf(checkpoints.statistics({ source, tensors: asked }, listening))).flat();
    expect(found.map(({ name }) => name)).toEqual(asked);
    const values = tensors.get('pos_embed')!.data as Float32Array;
    expect(found[1]).toMatchObject({ count: 64, min: Math.min(...values), max: Math.max(...values) });
    expect(found[1]!.histogram).toHaveLength(64);
    const absent = allOf(checkpoints.statistics({ source, tensors: ['pos_embed', 'absent'] }, listening));
    await expect(absent).rejects.toMatchObject({ code: 'checkpoint/unknown-tensor' });
  });

  it('brings a slice in memory of its own', async () => {
    const tensors = sitTensors(1);
    const file = writeTensors(scratchFolder(), 'sit.safetensors', tensors);
    const { checkpoints } = opened();
    const slice = await checkpoints.slice({
      source: granted(file),
      tensor: 'x_embedder.proj.weight',
      at: [3, 1],
      most: 256,
    });
    const values = tensors.get('x_embedder.proj.weight')!.data as Float32Array;
    expect(slice).toMatchObject({ rows: 2, columns: 2, ofRows: 2, ofColumns: 2 });
    expect([...slice.values]).toEqual([...values.subarray(4 * (3 * 4 + 1), 4 * (3 * 4 + 1) + 4)]);
    expect(slice.values.buffer.byteLength).toBe(slice.values.byteLength);
  });

  it('compares two files tensor by tensor', async () => {
    const folder = scratchFolder();
    const [before, after] = [sitTensors(1), sitTensors(1)];
    const bias = after.get('x_embedder.proj.bias')!;
    after.set('x_embedder.proj.bias', {
      ...bias,
      data: Float32Array.from(bias.data as Float32Array, (x) => 2 * x),
    });
    after.delete('pos_embed');
    after.set('extra', { dtype: 'F32', shape: [1], data: new Float32Array(1) });
    const { checkpoints } = opened();
    const differences = await allOf(
      checkpoints.compare(
        {
          source: granted(writeTensors(folder, 'before.safetensors', before)),
          other: granted(writeTensors(folder, 'after.safetensors', after)),
        },
        listening,
      ),
    );
    const changed = differences.flat().filter(({ change }) => change !== 'same');
    expect(differences.flat()).toHaveLength(before.size + 1);
    expect(changed.map(({ name, change }) => [name, change]).sort()).toEqual([
      ['extra', 'added'],
      ['pos_embed', 'removed'],
      ['x_embedder.proj.bias', 'changed'],
    ]);
    expect(changed.find(({ change }) => change === 'changed')!.relative).toBeCloseTo(1, 6);
  });
});

describe('importing', () => {
  async function imported(file: string, { checkpoints }: Opened, options = {}): Promise<ImportProgress[]> {
    return allOf(checkpoints.import({ source: granted(file), name: 'My SiT', options }, listening));
  }

  it('makes a model of our own names, which is known again', async () => {
    const tensors = sitTensors(2);
    const file = writeTensors(scratchFolder(), 'sit-tiny.safetensors', tensors);
    const engine = opened();
    const { model } = (await imported(file, engine, { heads: 4 })).at(-1)!;
    expect(engine.models.list()).toEqual([model]);
    expect(model).toMatchObject({
      name: 'My SiT',
      kind: 'sit',
      use: 'teacher',
      convention: 'sit',
      config: { heads: 4 },
      sampleShape: [4, 4, 4],
      classes: 3,
      fileName: 'sit-tiny.safetensors',
    });
    const weights = path.join(model!.folder, 'weights.safetensors');
    const own = readSafetensors(fs.readFileSync(weights), weights);
    expect([...own.tensors.values()].reduce((sum, { data }) => sum + data.length, 0)).toBe(model!.parameters);
    // A linear of torch is [out, in].
    const [from, to] = [tensors.get('blocks.0.attn.proj.weight')!, own.tensors.get('blocks.0.proj.weight')!];
    expect(to.data[16 * 3 + 5]).toBe(from.data[16 * 5 + 3]);
    const again = await engine.checkpoints.inspect({ source: granted(weights), options: {} });
    expect(again.recognised).toMatchObject({ kind: 'fewstep', config: model!.config, convention: 'sit' });
    expect(engine.left()).toEqual([model!.id]);
  });

  it('hands a run of ours over to the runs', async () => {
    const demos = path.join(import.meta.dirname, '..', '..', '..', 'resources', 'demos');
    const run = path.join(demos, fs.readdirSync(demos)[0]!);
    const engine = opened();
    const { model } = (await imported(run, engine)).at(-1)!;
    expect(model).toBe(null);
    expect(engine.runs).toEqual([run]);
    expect(engine.left()).toEqual([]);
  });

  it('leaves nothing behind of what cannot be used', async () => {
    const tensors = sitTensors(2);
    tensors.delete('blocks.0.attn.proj.weight');
    const folder = scratchFolder();
    const unknown = new Map([['a', tensors.get('pos_embed')!]]);
    for (const file of [
      writeTensors(folder, 'sit-tiny.safetensors', tensors),
      writeTensors(folder, 'unknown.safetensors', unknown),
      path.join(folder, 'absent.safetensors'),
    ]) {
      const engine = opened();
      await expect(imported(file, engine)).rejects.toMatchObject({
        code: expect.stringMatching(/^checkpoint\/(unusable|unrecognised|no-file)$/) as unknown,
      });
      expect(engine.left()).toEqual([]);
    }
  });

  it('leaves nothing behind when nobody listens any more', async () => {
    const file = writeTensors(scratchFolder(), 'sit-tiny.safetensors', sitTensors(2));
    const cancel = new AbortController();
    // The reader has answered, and the listener leaves before it hears.
    const spawn: SpawnReader = () => {
      const reader = nodeReader()();
      reader.onMessage(() => cancel.abort());
      return reader;
    };
    const engine = opened({}, spawn);
    const importing = allOf(
      engine.checkpoints.import({ source: granted(file), name: 'Never', options: {} }, cancel.signal),
    );
    await expect(importing).rejects.toMatchObject({ code: 'checkpoint/cancelled' });
    expect(engine.left()).toEqual([]);
    expect(engine.models.list()).toEqual([]);
  });
});
