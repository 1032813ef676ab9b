/** What a reader does: opens one file, or two, and says what it was asked for. */
import fs from 'node:fs';
import path from 'node:path';
import type { RecognitionOptions } from '#contract/checkpoints.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { fileSource } from '../../checkpoints/byte-source.ts';
import { PIECE_BYTES } from '../../checkpoints/checkpoint.ts';
import { compareCheckpoints } from '../../checkpoints/compare.ts';
import { convertCheckpoint } from '../../checkpoints/export/convert.ts';
import { type Checkpoint, type OpenMode, openCheckpoint } from '../../checkpoints/index.ts';
import { ownMetadata } from '../../checkpoints/name-maps/own-files.ts';
import { sliceOf } from '../../checkpoints/slice.ts';
import { statisticsOf } from '../../checkpoints/statistics.ts';
import { keepImages } from '../../datasets/imported/keep-images.ts';
import type { Say } from './channel.ts';
import { countOf, listingOf, recognised } from './listing.ts';
import type { Conversion, ReaderRequest } from './protocol.ts';

/** Between two words of how far it is: often enough to be known to live. */
const PULSE_MS = 200;

/** @throws WorkbenchError `checkpoint/...` or `dataset/...` for what is wrong with the file or the request */
export async function answer(request: ReaderRequest, say: Say): Promise<void> {
  const progress = pulse(say);
  switch (request.kind) {
    case 'list':
      return say({ type: 'item', value: listingOf(request.file, request.options) });
    case 'slice':
      return withOpen(request.file, 'inspect', (checkpoint) =>
        say({ type: 'item', value: sliceOf(checkpoint, request.tensor, request.at, request.most) }),
      );
    case 'statistics': {
      const { file, tensors } = request;
      return withOpen(file, 'inspect', async (checkpoint) => {
        for (const [i, name] of tensors.entries()) {
          const value = statisticsOf(checkpoint, name, () => progress(i, tensors.length));
          await say({ type: 'item', value });
        }
      });
    }
    case 'compare':
      return withOpen(request.file, 'inspect', (before) =>
        withOpen(request.other, 'inspect', async (after) => {
          let compared = 0;
          const of = before.tensors.length;
          for (const value of compareCheckpoints(before, after, () => progress(compared, of))) {
            compared++;
            await say({ type: 'item', value });
          }
        }),
      );
    case 'convert':
      return convert(request.file, request.options, request.folder, say);
    case 'images': {
      const { sources, options, out } = request;
      const value = await keepImages(sources, options, out, progress);
      return say({ type: 'item', value });
    }
  }
}

async function convert(file: string, options: RecognitionOptions, folder: string, say: Say): Promise<void> {
  const progress = pulse(say);
  await withOpen(file, 'import', async (checkpoint) => {
    const { recognition, nearest, mapping } = recognised(file, checkpoint, options);
    if (recognition === null) {
      const near = nearest === null ? '' : `; the nearest is ${nearest.kind}: ${nearest.why}`;
      throw refusal('unrecognised', file, `a network of a known layout, found none${near}`);
    }
    const { use, why, config } = recognition;
    if (use === 'run') {
      const value: Conversion = { recognition, bytes: 0, parameters: countOf(checkpoint.tensors) };
      return say({ type: 'item', value });
    }
    if (config.network === 'features' && use !== null) {
      const copy = path.join(folder, 'network.onnx');
      const bytes = copyFile(file, copy, progress);
      // What was looked at may have been another file by the time it was copied.
      openCheckpoint(copy, 'import').close();
      const value: Conversion = { recognition, bytes, parameters: countOf(checkpoint.tensors) };
      return say({ type: 'item', value });
    }
    if (use === null || mapping === null || config.network === 'run' || config.network === 'features') {
      throw refusal('unusable', file, `a network that can be used here; ${why ?? 'it cannot be'}`);
    }
    const weights = path.join(folder, 'weights.safetensors');
    const metadata = ownMetadata(config, recognition.convention);
    const { bytes } = convertCheckpoint(checkpoint, mapping, weights, metadata, progress);
    const value: Conversion = { recognition, bytes, parameters: countOf(mapping.parameters) };
    await say({ type: 'item', value });
  });
}

/** Piece after piece. @returns bytes */
function copyFile(from: string, to: string, progress: (done: number, of: number) => void): number {
  const source = fileSource(from);
  const target = fs.openSync(to, 'wx');
  try {
    for (let at = 0; at < source.size; at += PIECE_BYTES) {
      const piece = source.read(at, Math.min(PIECE_BYTES, source.size - at));
      for (let done = 0; done < piece.length;) done += fs.writeSync(target, piece, done);
      progress(at + piece.length, source.size);
    }
    fs.fsyncSync(target);
    return source.size;
  } finally {
    fs.closeSync(target);
    source.close();
  }
}

/** Says how far it is, now and then: reading leaves no turn to anything that could be asked. */
function pulse(say: Say): (done: number, of: number) => void {
  let last = performance.now();
  return (done, of) => {
    if (performance.now() - last < PULSE_MS) return;
    last = performance.now();
    void say({ type: 'progress', done, of });
  };
}

async function withOpen(
  file: string,
  mode: OpenMode,
  work: (checkpoint: Checkpoint) => Promise<void>,
): Promise<void> {
  const checkpoint = openCheckpoint(file, mode);
  try {
    await work(checkpoint);
  } finally {
    checkpoint.close();
  }
}

function refusal(what: string, file: string, expected: string): WorkbenchError {
  return new WorkbenchError(`checkpoint/${what}`, `${path.basename(file)}: expected ${expected}.`);
}
