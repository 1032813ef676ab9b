/** Checkpoints that a person brings: every one is read in a process of its own, see reader/. */
import fs from 'node:fs';
import path from 'node:path';
import type {
  CheckpointListing,
  CheckpointSource,
  ImportProgress,
  TensorDifference,
  TensorSlice,
  TensorStatistics,
} from '#contract/checkpoints.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { NetworkConfig } from '#contract/networks.ts';
import type { CallOutput, CallParsed, CancelSignal, StreamParsed } from '#contract/workbench.ts';
import { callReader } from '../reader/call.ts';
import type { SpawnReader } from '../reader/process.ts';
import type { Conversion, ReaderItems, ReaderRequest } from '../reader/protocol.ts';
import { readerStream } from '../reader/stream.ts';
import { listFiles } from './checkpoint-files.ts';
import { openGrant } from './grants.ts';
import type { ImportedModels } from './imported-models.ts';

interface CheckpointsOptions {
  readonly reader: SpawnReader;
  /** Opens grants; null where no host makes any. */
  readonly grantKey: string | null;
  /** Lets a path be any: for a command of the person at this machine. */
  readonly allowsFolders: boolean;
  /** The folder whose files may be named by path; null for none. */
  readonly files: string | null;
  readonly models: Pick<ImportedModels, 'newFolder' | 'adopt'>;
  /** Copies a run's folder to the runs of the data folder. */
  readonly adoptRun: (folder: string) => void;
}

/** Side of the latents whose images an autoencoder is said to make: it takes any. */
const LATENT_SIDE = 32;

export class Checkpoints {
  private readonly options: CheckpointsOptions;

  constructor(options: CheckpointsOptions) {
    this.options = options;
  }

  /** @throws WorkbenchError `checkpoint/...` */
  async inspect(
    { source, options }: CallParsed<'checkpoints.inspect'>,
    signal?: CancelSignal,
  ): Promise<CheckpointListing> {
    return this.one({ kind: 'list', file: this.fileOf(source), options }, signal);
  }

  /** @throws WorkbenchError `checkpoint/...` */
  async slice(
    { source, tensor, at, most }: CallParsed<'checkpoints.slice'>,
    signal?: CancelSignal,
  ): Promise<TensorSlice> {
    return this.one({ kind: 'slice', file: this.fileOf(source), tensor, at, most }, signal);
  }

  files(): CallOutput<'checkpoints.files'> {
    return listFiles(this.options.files);
  }

  async *statistics(
    { source, tensors }: StreamParsed<'checkpoints.statistics'>,
    signal: CancelSignal,
  ): AsyncIterable<TensorStatistics[]> {
    const request = { kind: 'statistics', file: this.fileOf(source), tensors } as const;
    for await (const heard of readerStream(this.options.reader, request, signal)) {
      if ('items' in heard) yield heard.items;
    }
  }

  async *compare(
    { source, other }: StreamParsed<'checkpoints.compare'>,
    signal: CancelSignal,
  ): AsyncIterable<TensorDifference[]> {
    const request = { kind: 'compare', file: this.fileOf(source), other: this.fileOf(other) } as const;
    for await (const heard of readerStream(this.options.reader, request, signal)) {
      if ('items' in heard) yield heard.items;
    }
  }

  /** Nothing stays behind unless it comes to its end. */
  async *import(
    { source, name, options }: StreamParsed<'checkpoints.import'>,
    signal: CancelSignal,
  ): AsyncIterable<ImportProgress> {
    const file = this.fileOf(source);
    const folder = this.options.models.newFolder();
    try {
      let conversion: Conversion | null = null;
      const request = { kind: 'convert', file, options, folder } as const;
      for await (const heard of readerStream(this.options.reader, request, signal)) {
        if ('items' in heard) conversion = heard.items[0]!;
        else yield { ...heard.progress, model: null };
      }
      if (signal.aborted || conversion === null) return;
      const { recognition, bytes, parameters } = conversion;
      if (recognition.use === 'run') {
        this.options.adoptRun(file);
        yield { done: bytes, of: bytes, model: null };
        return;
      }
      const model = this.options.models.adopt(folder, {
        name,
        kind: recognition.kind,
        title: recognition.title,
        use: recognition.use!,
        config: recognition.config,
        convention: recognition.convention,
        ...samplesOf(recognition.config),
        parameters,
        fileName: path.basename(file),
      });
      yield { done: bytes, of: bytes, model };
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }

  private async one<K extends 'list' | 'slice'>(
    request: Extract<ReaderRequest, { kind: K }>,
    signal: CancelSignal | undefined,
  ): Promise<ReaderItems[K]> {
    const items: ReaderItems[K][] = [];
    await callReader<K>(this.options.reader, request, (item) => void items.push(item), { signal });
    return items[0]!;
  }

  /**
   * The file that a source stands for, by absolute path.
   *
   * @throws WorkbenchError `checkpoint/unknown-grant`, `checkpoint/path-not-allowed`
   */
  fileOf(source: CheckpointSource): string {
    if (source.kind === 'grant') return openGrant(source.grant, this.options.grantKey);
    if (this.options.allowsFolders) return path.resolve(source.path);
    return allowedFile(source.path, this.options.files);
  }
}

/** A path that lies in a folder, and so does what it leads to, links followed. */
function allowedFile(named: string, folder: string | null): string {
  if (folder === null) throw notAllowed(named, 'that was opened or dropped, for no folder is shown here');
  const root = path.resolve(folder);
  const file = path.resolve(root, named);
  // Whether something exists outside is nobody's business.
  if (!isInside(file, root)) throw notAllowed(named, `under ${folder}`);
  let real: string;
  try {
    real = fs.realpathSync(file);
  } catch {
    throw new WorkbenchError('checkpoint/no-file', `${named}: expected a file in ${folder}, found none.`);
  }
  if (!isInside(real, fs.realpathSync(root))) throw notAllowed(named, `under ${folder}`);
  // Not the real one: a file is known by its name and by what lies beside it.
  return file;
}

function isInside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative);
}

function notAllowed(named: string, expected: string): WorkbenchError {
  return new WorkbenchError(
    'checkpoint/path-not-allowed',
    `${path.basename(named)}: expected a file ${expected}, found a path elsewhere.`,
  );
}

/** What a network of a config makes. */
function samplesOf(config: NetworkConfig): { sampleShape: number[]; classes: number } {
  if (config.network === 'dit') {
    const { size, channels, classes } = config;
    return { sampleShape: [size, size, channels], classes };
  }
  if (config.network === 'autoencoder-kl') {
    const side = LATENT_SIDE * 2 ** (config.widths.length - 1);
    return { sampleShape: [side, side, config.channels], classes: 0 };
  }
  if (config.network === 'features') {
    const { height, width, channels } = config;
    return { sampleShape: [height, width, channels], classes: 0 };
  }
  return { sampleShape: [], classes: 0 };
}
