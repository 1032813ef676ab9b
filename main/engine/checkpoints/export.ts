/** Networks as files for elsewhere: written beside, checked, and renamed to their place. */
import fs from 'node:fs';
import path from 'node:path';
import type { ExportedModel, ModelSummary } from '#contract/checkpoints.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { CallParsed } from '#contract/workbench.ts';
import { whyNoOriginalNames, writeNetworkFile } from '../../checkpoints/export/names.ts';
import { writeTensorFile } from '../../checkpoints/export/tensor-file.ts';
import { removeTemp, syncFolder, tempPathFor } from '../../store/atomic-file.ts';
import { storeErrorFrom } from '../../store/errors.ts';
import { hostLeaves } from '../../tensor/tree.ts';
import { stateOfModel } from '../plan/imported-network.ts';
import { readWeights } from '../plan/weights.ts';
import type { LoadedModel } from '../sampling/models.ts';
import { writeOnnx } from './export-onnx.ts';

export interface ExportSource {
  /** Of the run or the model; names the file. */
  readonly id: string;
  readonly name: string;
  /** Null for a run. */
  readonly model: ModelSummary | null;
  /** @throws WorkbenchError `run/no-checkpoint`, `model/makes-no-samples` */
  load(): Promise<LoadedModel>;
}

export interface ExportPlace {
  /** Where files go that are not told where. */
  readonly folder: string;
  /** Of the program. */
  readonly version: string;
}

type Request = Omit<CallParsed<'models.export'>, 'run'>;

/**
 * @throws WorkbenchError `export/disagrees`, `export/no-original-names`, `store/...`; then nothing is left
 */
export async function exportNetwork(
  source: ExportSource,
  request: Request,
  { folder, version }: ExportPlace,
): Promise<ExportedModel> {
  const target = request.out === undefined ? null : path.resolve(request.out);
  const place = target === null ? folder : path.dirname(target);
  const temp = tempPathFor(path.join(place, 'export'));
  try {
    fs.mkdirSync(temp, { recursive: true });
    const name = target === null ? freeName(folder, source.id, request.format) : path.basename(target);
    const file = path.join(temp, name);
    const { files, verified } =
      request.format === 'onnx'
        ? await writeOnnxOf(file, source, request, version)
        : await writeSafetensorsOf(file, source, request.names);
    const bytes = files.reduce((sum, each) => sum + fs.statSync(each).size, 0);
    // Weights first: whoever finds the model finds them too.
    for (const each of files) fs.renameSync(each, path.join(place, path.basename(each)));
    syncFolder(place);
    return { file: path.join(place, name), bytes, format: request.format, verified };
  } catch (error) {
    throw storeErrorFrom(error, place);
  } finally {
    removeTemp(temp);
  }
}

async function writeOnnxOf(
  file: string,
  { name, load }: ExportSource,
  { batch, nfe, names }: Request,
  version: string,
): Promise<{ files: string[]; verified: number }> {
  if (names !== 'fewstep') {
    throw new WorkbenchError('export/no-original-names', `names: expected fewstep for onnx, found ${names}`, {
      field: 'names',
    });
  }
  const { plan, model, state } = await load();
  return model.during(() => writeOnnx(file, { plan, state, name, batch, nfe, version }));
}

async function writeSafetensorsOf(
  file: string,
  source: ExportSource,
  names: Request['names'],
): Promise<{ files: string[]; verified: number | null }> {
  const { model } = source;
  if (model === null) return writeRun(file, source, names);
  const { config } = model;
  if (config.network === 'run') throw noOriginalNames(source.name, 'it is a run');
  if (config.network === 'features') throw notOurs(source.name);
  const why = names === 'original' ? whyNoOriginalNames(config) : null;
  if (why !== null) throw noOriginalNames(source.name, why);
  const state = stateOfModel(model);
  writeNetworkFile(file, config, model.convention, names, (own) => state[own]!);
  return { files: [file], verified: names === 'fewstep' ? difference(readWeights(file), state) : null };
}

/** The parameters that samples are drawn from, under their own names. */
async function writeRun(
  file: string,
  source: ExportSource,
  names: Request['names'],
): Promise<{ files: string[]; verified: number }> {
  if (names === 'original') throw noOriginalNames(source.name, 'it was trained here');
  const { plan, state } = await source.load();
  const { layout, sampledState } = plan.bound;
  const isOne = sampledState.length === 1;
  const values: Record<string, Float32Array> = {};
  const specs = sampledState.flatMap((vector) => {
    const leaves = hostLeaves(state[vector]!, layout[vector]!);
    return layout[vector]!.leaves.map(({ name, shape }) => {
      const own = isOne ? name : `${vector}/${name}`;
      values[own] = leaves[name]!;
      return { name: own, dtype: 'F32' as const, shape };
    });
  });
  const network = { network: 'run', method: plan.config.method, dataset: plan.config.dataset.id };
  const metadata = new Map([
    ['fewstep.network', JSON.stringify(network)],
    ['fewstep.params', JSON.stringify(plan.config.params)],
  ]);
  writeTensorFile(file, specs, metadata, (name) => values[name]!);
  return { files: [file], verified: difference(readWeights(file), values) };
}

/**
 * What was written, read back: nothing may have changed.
 * @returns 0
 * @throws WorkbenchError `export/disagrees`
 */
function difference(
  found: Readonly<Record<string, Float32Array>>,
  wanted: Readonly<Record<string, Float32Array>>,
): number {
  for (const [name, values] of Object.entries(wanted)) {
    const isSame =
      found[name]?.length === values.length && values.every((x, i) => Object.is(x, found[name]![i]));
    if (isSame) continue;
    throw new WorkbenchError(
      'export/disagrees',
      `${name}: expected the file to hold what was written, found something else`,
    );
  }
  return 0;
}

/** A feature network lies in the data folder as the file that it came as. */
function notOurs(name: string): WorkbenchError {
  return new WorkbenchError(
    'export/no-weights',
    `run: expected a network of ours, found ${name}, which is the ONNX file that it was imported from`,
    { field: 'run' },
  );
}

function noOriginalNames(name: string, why: string): WorkbenchError {
  return new WorkbenchError(
    'export/no-original-names',
    `names: expected fewstep, for ${name} has no other names: ${why}; found original`,
    { field: 'names' },
  );
}

function freeName(folder: string, id: string, format: Request['format']): string {
  let name = `${id}.${format}`;
  for (let n = 2; fs.existsSync(path.join(folder, name)); n++) name = `${id}-${n}.${format}`;
  return name;
}
