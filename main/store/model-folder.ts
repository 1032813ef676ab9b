/**
 * An imported network on disk: `model.json`, what it is, beside `weights.safetensors`. A folder gets its
 * name only when it is complete, so a model that can be seen can be read.
 */
import fs from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { type ModelSummary, modelSummary } from '#contract/checkpoints.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { syncFolder, writeFileAtomic } from './atomic-file.ts';
import { storeErrorFrom } from './errors.ts';

const FORMAT = 1;
const ABOUT = 'model.json';
const WEIGHTS = 'weights.safetensors';
/** A feature network is kept as the file that it came as. */
const NETWORK = 'network.onnx';

/** What whoever made the weights knows of them; the rest of a summary follows from the folder. */
export type ModelAbout = Omit<ModelSummary, 'id' | 'bytes' | 'createdAt' | 'folder'>;

const modelFile = modelSummary
  .omit({ id: true, bytes: true, folder: true })
  .extend({ format: z.literal(FORMAT) });

/** The weights of the model in a folder; of a feature network the network itself. */
export function weightsPath(folder: string): string {
  const network = join(folder, NETWORK);
  return fs.existsSync(network) ? network : join(folder, WEIGHTS);
}

/** Whether a folder is a model's, whole or not. */
export function isModelFolder(folder: string): boolean {
  return fs.existsSync(join(folder, ABOUT));
}

/** @throws WorkbenchError `model/not-found`, `model/bad-file` naming the file and what is wrong in it */
export function readModel(folder: string): ModelSummary {
  const file = join(folder, ABOUT);
  let text: string;
  let bytes: number;
  try {
    text = fs.readFileSync(file, 'utf8');
    bytes = fs.statSync(weightsPath(folder)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw storeErrorFrom(error, folder);
    throw new WorkbenchError(
      'model/not-found',
      `Expected a model (${ABOUT} and ${WEIGHTS}) in ${folder}, found none`,
      { folder },
    );
  }
  const parsed = modelFile.safeParse(jsonFrom(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new WorkbenchError(
      'model/bad-file',
      `${file}: expected what this version writes, found ${issue!.path.join('.') || 'the file'}: ${issue!.message}`,
      { file },
    );
  }
  const { format: _, ...about } = parsed.data;
  return { ...about, id: basename(folder), bytes, folder };
}

/** Writes model.json, atomically. @throws WorkbenchError `store/...` */
export function writeModelFile(folder: string, about: ModelAbout & { readonly createdAt: string }): void {
  const file: z.input<typeof modelFile> = {
    format: FORMAT,
    name: about.name,
    kind: about.kind,
    title: about.title,
    use: about.use,
    config: about.config,
    convention: about.convention,
    sampleShape: about.sampleShape,
    classes: about.classes,
    parameters: about.parameters,
    fileName: about.fileName,
    createdAt: about.createdAt,
  };
  writeFileAtomic(join(folder, ABOUT), `${JSON.stringify(file, null, 2)}\n`);
}

/**
 * Copies a model for a student that learns from it. The weights are never written again once they have
 * their name, so a second name for the same bytes is as good as a copy, and gigabytes cheaper.
 */
export function copyModel(from: string, to: string): void {
  fs.mkdirSync(to);
  fs.copyFileSync(join(from, ABOUT), join(to, ABOUT));
  try {
    fs.linkSync(weightsPath(from), join(to, basename(weightsPath(from))));
  } catch {
    // Another file system, or one without hard links.
    fs.copyFileSync(weightsPath(from), join(to, basename(weightsPath(from))));
  }
  syncFolder(to);
}

function jsonFrom(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
