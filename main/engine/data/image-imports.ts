/** Images that a person brings: decoded in a reader's process, kept as one file among the data sets. */
import path from 'node:path';
import fs from 'node:fs';
import type { CheckpointSource } from '#contract/checkpoints.ts';
import type { ImageImportProgress } from '#contract/datasets.ts';
import type { CancelSignal, StreamParsed } from '#contract/workbench.ts';
import { tempPathFor } from '../../store/atomic-file.ts';
import type { SpawnReader } from '../reader/process.ts';
import type { ReaderItems } from '../reader/protocol.ts';
import { readerStream } from '../reader/stream.ts';
import type { ImportedDatasets } from './imports.ts';
import type { LatentEncoder } from './latents.ts';

interface ImageImportsOptions {
  readonly reader: SpawnReader;
  readonly datasets: ImportedDatasets;
  /** The file or folder of a source, by absolute path. @throws WorkbenchError */
  readonly fileOf: (source: CheckpointSource) => string;
  /** @throws WorkbenchError for a model that is no autoencoder */
  readonly encoder: (model: string) => Promise<LatentEncoder>;
}

/**
 * Nothing stays behind unless it comes to its end: the file has its place only when it is whole.
 *
 * @throws WorkbenchError `dataset/...`, `checkpoint/...` for sources and readers, `model/...`
 */
export async function* importImages(
  { reader, datasets, fileOf, encoder: encoderOf }: ImageImportsOptions,
  input: StreamParsed<'datasets.importImages'>,
  signal: CancelSignal,
): AsyncIterable<ImageImportProgress> {
  const { autoencoder, mirrored, sources, name, ...options } = input;
  const encoder = autoencoder === undefined ? null : await encoderOf(autoencoder);
  encoder?.requireSize(options.size);
  const files = sources.map(({ source, name: called }) => {
    const file = fileOf(source);
    return { path: file, name: called ?? path.basename(file) };
  });
  fs.mkdirSync(datasets.folder, { recursive: true });
  const [part, latents] = [0, 1].map(() => tempPathFor(path.join(datasets.folder, 'images')));
  try {
    let kept: ReaderItems['images'] | null = null;
    const request = {
      kind: 'images',
      file: files[0]!.path,
      sources: files,
      options: { ...options, title: name, ...(encoder && { channels: 'colour' as const }) },
      out: part!,
    } as const;
    for await (const heard of readerStream(reader, request, signal)) {
      if ('items' in heard) kept = heard.items[0]!;
      else yield { stage: 'reading', ...heard.progress, result: null };
    }
    if (signal.aborted || kept === null) return;
    const { bytes, shape, classNames, skipped, ...counts } = kept;
    let id: string;
    if (encoder === null) id = datasets.adopt(part!, name);
    else {
      for await (const done of encoder.encodeFile(part!, latents!, mirrored, signal)) {
        yield { stage: 'encoding', ...done, result: null };
      }
      if (signal.aborted) return;
      id = datasets.adopt(latents!, name);
    }
    const result = {
      id,
      ...counts,
      classNames: [...classNames],
      skipped: [...skipped],
      shape: [...(encoder === null ? shape : encoder.shapeOf(shape))],
    };
    yield { stage: encoder === null ? 'reading' : 'encoding', done: bytes, of: bytes, result };
  } finally {
    for (const file of [part!, latents!]) fs.rmSync(file, { force: true });
  }
}
