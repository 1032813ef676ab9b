import fs from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { WorkbenchError } from '#contract/errors.ts';
import { executorId } from '#contract/engines.ts';
import { NO_DATASET, type RunSummary, runConfig, runStatus } from '#contract/runs.ts';
import { writeFileAtomic } from './atomic-file.ts';
import { configHash } from './config-hash.ts';
import { errnoOf, storeErrorFrom } from './errors.ts';
import { numberFromStored, storableNumbers, storedNumber } from './json-numbers.ts';

const FORMAT = 1;

const runFile = z.strictObject({
  /** Version of this layout; a reader refuses a larger one than it knows. */
  format: z.literal(FORMAT),
  id: z.string().min(1),
  name: z.string().min(1),
  tags: z.array(z.string()).default([]),
  /** Classes that its samples can be asked for, decided when it was made. */
  classes: z.int().nonnegative().default(0),
  /** [H, W, C] where its samples are images or latents. */
  sampleShape: z.array(z.int().positive()).optional(),
  config: runConfig,
  /** {@link configHash} of `config`; checkpoints carry it too. */
  configHash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Versions of the program and of what computes: `{fewstep, node, onnxruntime, ...}`. */
  versions: z.record(z.string(), z.string()),
  executor: z.string().nullable(),
  device: z.string().nullable(),
  /** Left out in runs of older versions: see {@link trainedOnOf}. */
  trainedOn: z
    .array(z.strictObject({ executor: z.string(), device: z.string(), fromStep: z.int().min(0) }))
    .optional(),
  /** What a person has it resumed on in place of the config's executor. */
  resumedOn: z.enum(['auto', ...executorId.options]).optional(),
  status: runStatus,
  step: z.int().min(0),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  latest: z.record(z.string(), storedNumber.transform(numberFromStored)),
});

/** What `run.json` says. */
export type RunFile = z.output<typeof runFile>;

function runFilePath(folder: string): string {
  return join(folder, 'run.json');
}

/** Identity of the content of a run.json that is cheap to ask for: it changes with every write. */
export function runFileStamp(folder: string): string | null {
  const stat = fs.statSync(runFilePath(folder), { throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.ino}:${stat.mtimeMs}:${stat.size}`;
}

/** What a run is made with besides its config. */
export interface Making {
  readonly versions: Record<string, string>;
  readonly classes?: number;
  readonly sampleShape?: readonly number[];
}

/** A fresh run.json for `config`. */
export function newRunFile(
  id: string,
  config: RunFile['config'],
  { versions, classes = 0, sampleShape }: Making,
  now: Date,
): RunFile {
  return {
    format: FORMAT,
    id,
    name: config.name || nameFor(config),
    tags: [],
    classes,
    ...(sampleShape === undefined ? {} : { sampleShape: [...sampleShape] }),
    config,
    configHash: configHash(config),
    versions,
    executor: null,
    device: null,
    status: 'queued',
    step: 0,
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
    error: null,
    latest: {},
  };
}

function nameFor({ method, dataset, teacher }: RunFile['config']): string {
  return dataset.id === NO_DATASET ? `${method} of ${teacher ?? 'nothing'}` : `${method} on ${dataset.id}`;
}

type TrainedOn = RunSummary['trainedOn'];

/** On what a run was trained, in turn. */
export function trainedOnOf({ trainedOn, executor, device }: RunFile): TrainedOn {
  if (trainedOn !== undefined) return trainedOn;
  return executor === null ? [] : [{ executor, device: device ?? 'an unknown device', fromStep: 0 }];
}

/** The history of a run that goes on from a step: what came after it is done again. */
export function trainedOnFrom(
  before: TrainedOn,
  step: number,
  next: { readonly executor: string; readonly device: string },
): TrainedOn {
  const kept = before.filter(({ fromStep }) => fromStep < step);
  const last = kept.at(-1);
  if (last?.executor === next.executor && last.device === next.device) return kept;
  return [...kept, { executor: next.executor, device: next.device, fromStep: step }];
}

/** @throws WorkbenchError `store/...` */
export function writeRunFile(folder: string, file: RunFile): void {
  const stored = { ...file, latest: storableNumbers(file.latest) };
  writeFileAtomic(runFilePath(folder), `${JSON.stringify(stored, null, 2)}\n`);
}

/**
 * @throws WorkbenchError `run/not-found` where there is none, `run/newer-format`, `run/bad-file`, or
 *   `run/config-changed` where the config is not the one that was trained
 */
export function readRunFile(folder: string): RunFile {
  const path = runFilePath(folder);
  const stored = storedJson(path, folder);
  const format = (stored as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > FORMAT) {
    throw new WorkbenchError(
      'run/newer-format',
      `Expected run format ${FORMAT} or older, found ${format}, made by a newer Fewstep: ${path}`,
      { path, expected: FORMAT, found: format },
    );
  }
  const parsed = runFile.safeParse(stored);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue === undefined || issue.path.length === 0 ? 'the file' : issue.path.join('.');
    throw badFile(path, `a valid ${where}`, issue?.message ?? 'something else');
  }
  // Hashed as stored: a field that a later version adds with a default is not a changed config.
  const found = configHash((stored as { config: object }).config);
  if (found !== parsed.data.configHash) {
    throw new WorkbenchError(
      'run/config-changed',
      `Expected the config that the run was made with (${parsed.data.configHash.slice(0, 12)}), ` +
        `found another (${found.slice(0, 12)}): ${path}`,
      { path, expected: parsed.data.configHash, found },
    );
  }
  return parsed.data;
}

function storedJson(path: string, folder: string): unknown {
  let text: string;
  try {
    text = fs.readFileSync(path, 'utf8');
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== 'ENOENT' && errno !== 'ENOTDIR') throw storeErrorFrom(error, path);
    throw new WorkbenchError('run/not-found', `Expected a run with its run.json, found none in ${folder}`, {
      folder,
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badFile(path, 'JSON', (cause as Error).message);
  }
}

function badFile(path: string, expected: string, found: string): WorkbenchError {
  return new WorkbenchError('run/bad-file', `Expected ${expected}, found: ${found}. File: ${path}`, {
    path,
    expected,
    found,
  });
}
