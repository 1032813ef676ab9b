/** `fewstep train`: a run from flags or a config file, or the rest of one that was cut off. */
import fs from 'node:fs';
import type { Catalog, DatasetEntry, MethodEntry } from '#contract/catalog.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { parseFields } from '#contract/parse.ts';
import {
  type RunConfig,
  type RunConfigInput,
  type RunSummary,
  runConfig,
  trainedOnText,
} from '#contract/runs.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { isOfDevice } from '../../engine/executors/failures.ts';
import { withEngine } from './engine.ts';
import {
  type FlagTypes,
  type FlagValues,
  type SchemaField,
  fieldsOf,
  flagValue,
  helpLines,
  parseFlags,
  valuesFromFlags,
} from './flags.ts';
import { type Output, brief, say } from './output.ts';
import { ProgressLine } from './progress.ts';

const RUN_FLAGS: FlagTypes = {
  config: 'string',
  method: 'string',
  data: 'string',
  /** Another name of `data`. */
  dataset: 'string',
  resume: 'string',
  home: 'string',
  json: 'boolean',
  help: 'boolean',
};
const DATA_PREFIX = 'data-';

const USAGE = `fewstep train --method METHOD --data DATASET [flags]
fewstep train --config FILE [flags]
fewstep train --resume RUN [--executor EXECUTOR]

  --config FILE           run config as JSON; flags go before what it says
  --method METHOD         what to train
  --data DATASET          a dataset by id, or the path of a CSV or NPY file of points
                          (images come in by import-data); none for a
                          distillation of an imported model
  --resume RUN            a stopped, interrupted or failed run, by id or folder;
                          with --executor it goes on there
  --home FOLDER           data folder
  --json                  one JSON document {run, steps, final} on stdout`;

export async function train(argv: readonly string[], output: Output): Promise<number> {
  const home = flagValue(argv, 'home');
  return withEngine(home, async (client) => {
    const catalog = await client.call('catalog.get', {});
    const methodId = flagValue(argv, 'method') ?? (configFile(argv)?.['method'] as string | undefined);
    const dataId = flagValue(argv, 'data') ?? flagValue(argv, 'dataset') ?? datasetIdOf(configFile(argv));
    const method = catalog.methods.find(({ id }) => id === methodId);
    const dataset = catalog.datasets.find(({ id }) => id === dataId);
    const runFields = fieldsOf(await client.call('catalog.runSchema', {}));
    const methodFields = method ? methodFieldsFor(method, dataset) : [];
    const dataFields = dataset ? fieldsOf(dataset.params, DATA_PREFIX) : [];
    const types: FlagTypes = {
      ...RUN_FLAGS,
      ...Object.fromEntries(
        [...runFields, ...methodFields, ...dataFields].map(({ flag }) => [flag, 'string' as const]),
      ),
    };
    const given = parseFlags(argv, types);
    if (given['help'] === true) {
      output.answer({ usage: USAGE }, [
        USAGE,
        ...helpLines(runFields),
        '',
        ...choices(catalog),
        ...helpLines(methodFields),
        ...helpLines(dataFields),
      ]);
      return 0;
    }

    // Watched before the run exists: a signal that comes while it is made still stops it.
    const signals = watchSignals();
    const unlisten = client.listen('engines.watch', {}, ({ measuring }) => {
      if (measuring !== null) say(`Measuring ${measuring}, which is done once`);
    });
    try {
      const began =
        given['resume'] === undefined
          ? await client.call('runs.create', {
              config: await configFrom(client, given, catalog, { runFields, methodFields, dataFields }),
            })
          : await resumed(client, String(given['resume']), given['executor'] as Named | undefined);
      // A run that has just ended has nothing left to stop.
      signals.onStop(() => void client.call('runs.stop', { run: began.id }).catch(() => undefined));
      const progress = new ProgressLine(began);
      const ended = await untilEnd(client, began, (summary) => progress.update(summary));
      progress.done(ended);
      return conclude(ended, output);
    } finally {
      unlisten();
      signals.release();
    }
  });
}

/** Flags of a method, with the defaults that hold for images where the data are. */
function methodFieldsFor(
  { params, imageDefaults }: MethodEntry,
  data: DatasetEntry | undefined,
): SchemaField[] {
  const hasClasses = (data?.classes ?? 0) > 0;
  return fieldsOf(params).map((field) => {
    const holds = data?.shape !== undefined && field.name in imageDefaults;
    if (!holds || (field.name === 'conditional' && !hasClasses)) return field;
    return { ...field, defaultValue: imageDefaults[field.name] };
  });
}

type Named = RunConfig['executor'];

/** Goes on with a run, and says what became of it before. */
async function resumed(
  client: WorkbenchClient,
  run: string,
  executor: Named | undefined,
): Promise<RunSummary> {
  const before = await client.call('runs.get', { run });
  const began = await client.call('runs.resume', { run, ...(executor === undefined ? {} : { executor }) });
  if (before.status === 'interrupted' && before.executor !== null) {
    say(
      `The process that trained it ended after step ${before.step}, on ${before.executor} (${before.device})`,
    );
  } else if (before.error !== null) say(`Before: ${before.error.message}`);
  return began;
}

async function configFrom(
  client: WorkbenchClient,
  given: FlagValues,
  catalog: Catalog,
  { runFields, methodFields, dataFields }: Record<'runFields' | 'methodFields' | 'dataFields', SchemaField[]>,
): Promise<RunConfigInput> {
  const file = given['config'] === undefined ? {} : readConfig(String(given['config']));
  const filed = (file['dataset'] ?? {}) as { id?: string; params?: object };
  const data = ((given['data'] ?? given['dataset']) as string | undefined) ?? filed.id;
  if ((given['method'] ?? file['method']) === undefined) {
    throw new WorkbenchError(
      'cli/missing-flag',
      `--method: expected one of ${catalog.methods
        .filter(({ isTrainable }) => isTrainable)
        .map(({ id }) => id)
        .join(', ')}, found nothing`,
    );
  }
  if (data === undefined) {
    throw new WorkbenchError(
      'cli/missing-flag',
      `--data: expected a dataset (${catalog.datasets.map(({ id }) => id).join(', ')}) or a CSV or NPY file, found nothing`,
    );
  }
  const text = (flag: string): Record<string, string> =>
    given[flag] === undefined ? {} : { [flag]: String(given[flag]) };
  const config = {
    ...file,
    ...text('method'),
    ...valuesFromFlags(runFields, given),
    params: { ...(file['params'] as object | undefined), ...valuesFromFlags(methodFields, given) },
    dataset: {
      ...filed,
      id: await datasetFrom(client, data, catalog),
      params: { ...filed.params, ...valuesFromFlags(dataFields, given) },
    },
  };
  return parseFields(runConfig, config) satisfies RunConfig;
}

/** A dataset's id as it is; a file of points is imported and its new id returned. */
async function datasetFrom(client: WorkbenchClient, data: string, catalog: Catalog): Promise<string> {
  if (catalog.datasets.some(({ id }) => id === data) || !/\.(csv|tsv|txt|npy)$/i.test(data)) return data;
  const bytes = readBytes(data);
  const { id } = await client.call('datasets.import', { fileName: data.replace(/^.*[\\/]/, ''), bytes });
  return id;
}

/** Waits for the end of a run, whatever it is. */
function untilEnd(
  client: WorkbenchClient,
  began: RunSummary,
  onChange: (summary: RunSummary) => void,
): Promise<RunSummary> {
  return new Promise((resolve, reject) => {
    let seenTraining = false;
    const unlisten = client.listen(
      'runs.watch',
      {},
      (change) => {
        if (change.kind !== 'run' || change.run.id !== began.id) return;
        const summary = change.run;
        onChange(summary);
        if (summary.status === 'queued' || summary.status === 'running' || summary.status === 'paused') {
          seenTraining = true;
        } else if (seenTraining || summary.updatedAt !== began.updatedAt) {
          unlisten();
          resolve(summary);
        }
      },
      (error) => {
        if (error !== null) reject(error);
      },
    );
  });
}

function conclude(ended: RunSummary, output: Output): number {
  if (ended.status === 'diverged' || ended.status === 'failed') {
    if (isOfDevice(ended.error?.code ?? '')) {
      say(`To go on elsewhere: fewstep train --resume ${ended.id} --executor ort-cpu`);
    }
    throw new WorkbenchError(ended.error?.code ?? 'run/failed', ended.error?.message ?? 'The run failed.', {
      run: ended.folder,
      step: ended.step,
    });
  }
  const finals = Object.entries(ended.latest).map(([name, value]) => `  ${name.padEnd(22)} ${brief(value)}`);
  const headline =
    ended.status === 'finished' ? `Finished ${ended.step} steps` : `Stopped at step ${ended.step}`;
  const { folder, step: steps, status, latest: final, executor, device, trainedOn } = ended;
  output.answer({ run: folder, steps, status, final, executor, device, trainedOn }, [
    `${headline}: ${folder}`,
    ...(trainedOn.length === 0 ? [] : [`  ${'trained on'.padEnd(22)} ${trainedOnText(trainedOn)}`]),
    ...finals,
  ]);
  return ended.status === 'finished' ? 0 : 130;
}

/** The first signal stops the run with a checkpoint, after which the command ends by itself; a second kills it. */
function watchSignals(): { onStop(stop: () => void): void; release(): void } {
  let hasCome = false;
  let stop: (() => void) | null = null;
  const release = (): void => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
  function onSignal(): void {
    release();
    hasCome = true;
    stop?.();
  }
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    onStop(action) {
      stop = action;
      if (hasCome) action();
    },
    release,
  };
}

function choices({ methods, datasets }: Catalog): string[] {
  const trainable = methods.filter(({ isTrainable }) => isTrainable);
  return [
    `  methods   ${trainable.map(({ id }) => id).join(', ')}`,
    `  datasets  ${datasets.map(({ id }) => id).join(', ')}`,
    '',
  ];
}

function configFile(argv: readonly string[]): Record<string, unknown> | undefined {
  const path = flagValue(argv, 'config');
  return path === undefined ? undefined : readConfig(path);
}

function datasetIdOf(config: Record<string, unknown> | undefined): string | undefined {
  return (config?.['dataset'] as { id?: string } | undefined)?.id;
}

/** @throws WorkbenchError `cli/no-file`, `config/not-json` */
function readConfig(path: string): Record<string, unknown> {
  const text = new TextDecoder().decode(readBytes(path));
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (error) {
    throw new WorkbenchError(
      'config/not-json',
      `Expected a run config as JSON, found: ${(error as Error).message}. File: ${path}`,
    );
  }
  throw new WorkbenchError('config/not-json', `Expected a run config as a JSON object. File: ${path}`);
}

function readBytes(path: string): Uint8Array {
  try {
    return fs.readFileSync(path);
  } catch (error) {
    throw new WorkbenchError(
      'cli/no-file',
      `Could not read ${path}: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`,
      { path },
    );
  }
}
