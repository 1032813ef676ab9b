/** What both containers have in common: an object of a pickle, and storages that it names, as a checkpoint. */
import type { CheckpointFormat } from '#contract/checkpoints.ts';
import type { Warning } from '#contract/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import type { Checkpoint, OpenMode, TensorInfo } from '../checkpoint.ts';
import { byteRanges, elementCount, normaliseBooleans, requireTensor } from '../pieces.ts';
import { quoted, refusal } from '../refusal.ts';
import { flatten } from './flatten.ts';
import type { PyValue } from './pickle/values.ts';
import { isOverExpanded, MAX_EXPANDED_BYTES } from './storages.ts';
import type { PyTensor, StorageRecord } from './storages.ts';
import { stridedPieces } from './strided.ts';

const MAX_WARNINGS = 100;
const MAX_INERT = 1000;

/** What is found on the way that stops nothing. */
export class Findings {
  readonly warnings: Warning[] = [];
  private readonly names = new Set<string>();
  private readonly said = new Set<string>();
  private readonly where: string;

  constructor(where: string) {
    this.where = where;
  }

  get inert(): string[] {
    return [...this.names];
  }

  readonly leftInert = (name: string): void => {
    this.names.add(name);
    if (this.names.size > MAX_INERT) {
      throw refusal('pickle-limit', this.where, `at most ${MAX_INERT} unknown globals`, 'more');
    }
  };

  /** Each warning once, and no more than fit a screen. */
  readonly warn = (code: string, message: string): void => {
    const key = `${code} ${message}`;
    if (this.said.has(key) || this.warnings.length >= MAX_WARNINGS) return;
    this.said.add(key);
    this.warnings.push({ code: `checkpoint/${code}`, message });
  };
}

interface TorchFile {
  readonly source: ByteSource;
  readonly mode: OpenMode;
  readonly format: CheckpointFormat;
  readonly root: PyValue;
  readonly findings: Findings;
  readonly metadata: ReadonlyMap<string, string>;
  /** Bytes of a storage, in memory of their own. */
  readRecord(record: StorageRecord, start: number, length: number): Uint8Array;
}

/** @throws WorkbenchError `checkpoint/torch-*`, `storage-budget` */
export function torchCheckpoint(file: TorchFile): Checkpoint {
  const { source, mode, findings } = file;
  const { tensors: views, facts } = flatten(file.root, { mode, where: source.name, warn: findings.warn });
  const firstIn = new Map<StorageRecord, string>();
  const tensors: TensorInfo[] = [];
  const byName = new Map<string, TensorInfo>();
  for (const [name, view] of views) {
    if (isOverExpanded(view)) {
      const error = tooExpanded(name);
      if (mode === 'import') throw error;
      findings.warn('storage-budget', error.message);
    }
    const sharedWith = firstIn.get(view.record);
    if (sharedWith === undefined) firstIn.set(view.record, name);
    const { dtype, shape } = view;
    const info = { name, dtype, shape, ...(sharedWith === undefined ? {} : { sharedWith }) };
    tensors.push(info);
    byName.set(name, info);
  }

  function tooExpanded(name: string) {
    const most = `a view that repeats its storage to at most ${MAX_EXPANDED_BYTES} bytes`;
    return refusal('storage-budget', `${source.name}: tensor ${quoted(name)}`, most, 'a larger one');
  }

  function* read(info: TensorInfo, view: PyTensor, from: number, to: number): Generator<Uint8Array> {
    const where = `${source.name}: tensor ${quoted(info.name)}`;
    const pieces = stridedPieces(view, from, to, where, (start, length) =>
      file.readRecord(view.record, start, length),
    );
    for (const piece of pieces) yield info.dtype === 'BOOL' ? normaliseBooleans(piece) : piece;
  }

  return {
    format: file.format,
    tensors,
    metadata: file.metadata,
    facts,
    inert: mode === 'inspect' ? findings.inert : [],
    warnings: findings.warnings,
    fileBytes: source.size,
    pieces(name, from = 0, to) {
      const info = requireTensor(byName, name);
      const view = views.get(name)!;
      const end = to ?? elementCount(info.shape);
      // For its checks alone: the pieces of a view are not ranges of a file.
      byteRanges(info, from, end).next();
      if (isOverExpanded(view)) throw tooExpanded(name);
      return read(info, view, from, end);
    },
    close: () => source.close(),
  };
}
