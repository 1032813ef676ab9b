import fs from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { WorkbenchError } from '#contract/errors.ts';
import type { WarningSink } from '#contract/errors.ts';
import type { FilmIndex, FilmPage } from '#contract/frames.ts';
import { writeFileAtomic, writeWhole } from './atomic-file.ts';
import { errnoOf, storeErrorFrom } from './errors.ts';

/*
 * A film is one file: a header, then frames of one size, so that frame i is read by its place.
 *
 *   "FSFILM1\n"  u32 length of the JSON  JSON of the layout, padded with spaces to a multiple of 8
 *   frame: f64 step  u32 CRC-32 of step and positions  u32 0  f32 positions [count, T, dim]
 *
 * Little-endian. A frame that a killed process left unfinished is shorter than a frame, and is cut off.
 */
const MAGIC = 'FSFILM1\n';
const FRAME_HEAD = 16;
const MOST_PAGE_BYTES = 4 * 2 ** 20;

/** What all frames of a film share. */
export interface FilmLayout {
  readonly count: number;
  readonly dim: number;
  /** [T], from 1 (noise) to 0 (data). */
  readonly times: readonly number[];
  /** Network evaluations per sample of a frame. */
  readonly nfe: number;
}

interface Place {
  readonly layout: FilmLayout;
  readonly begin: number;
  readonly frameBytes: number;
}

/** The film of a run, open for appending by the one process that trains it. */
export class FilmWriter {
  private readonly path: string;
  private readonly place: Place;
  private descriptor: number;
  private size: number;

  private constructor(path: string, place: Place, descriptor: number, size: number) {
    this.path = path;
    this.place = place;
    this.descriptor = descriptor;
    this.size = size;
  }

  /**
   * Opens or makes the film and cuts it off after `step`: a resumed run films those steps again. A film
   * of another layout, or one that is no film, is begun anew.
   *
   * @throws WorkbenchError `store/...`
   */
  static open(path: string, layout: FilmLayout, step: number): FilmWriter {
    try {
      fs.mkdirSync(dirname(path), { recursive: true });
      const known = placeIn(path);
      const isSame = known !== null && headerOf(known.layout).equals(headerOf(layout));
      if (!isSame) writeFileAtomic(path, headerOf(layout));
      const place = isSame ? known : placeOf(layout);
      const descriptor = fs.openSync(path, 'r+');
      const whole = stepsIn(descriptor, place).findIndex((each) => !(each <= step));
      const frames = whole < 0 ? framesIn(descriptor, place) : whole;
      const size = place.begin + frames * place.frameBytes;
      fs.ftruncateSync(descriptor, size);
      return new FilmWriter(path, place, descriptor, size);
    } catch (error) {
      throw storeErrorFrom(error, dirname(path));
    }
  }

  /**
   * Appends a frame. When the disk refuses, the film is as it was before.
   *
   * @param positions  [count, T, dim]
   * @throws WorkbenchError `store/disk-full`, ...
   */
  append(step: number, positions: Float32Array): void {
    const { frameBytes } = this.place;
    if (FRAME_HEAD + positions.byteLength !== frameBytes) {
      throw new RangeError(
        `Expected ${(frameBytes - FRAME_HEAD) / 4} numbers a frame, found ${positions.length}`,
      );
    }
    const frame = Buffer.alloc(frameBytes);
    frame.writeDoubleLE(step, 0);
    Buffer.from(positions.buffer, positions.byteOffset, positions.byteLength).copy(frame, FRAME_HEAD);
    frame.writeUInt32LE(checksumOf(frame), 8);
    try {
      writeWhole(this.descriptor, frame, this.size);
    } catch (error) {
      fs.ftruncateSync(this.descriptor, this.size);
      throw storeErrorFrom(error, dirname(this.path));
    }
    this.size += frameBytes;
  }

  close(): void {
    if (this.descriptor < 0) return;
    fs.closeSync(this.descriptor);
    this.descriptor = -1;
  }
}

/** Cuts a film off after `step`, where there is one. @throws WorkbenchError `store/io` */
export function cutFilm(path: string, step: number): void {
  const layout = withFilm(path, null, (_, place) => place.layout);
  if (layout !== null) FilmWriter.open(path, layout, step).close();
}

/** A film without frames: of a run that keeps none, or has not begun. */
const noFilm = { steps: new Float64Array(), count: 0, dim: 0, times: new Float32Array(), nfe: 0 };

/** What a film holds. Safe while another process appends. @throws WorkbenchError `store/io` */
export function readFilmIndex(path: string): Omit<FilmIndex, 'run'> {
  return withFilm(path, { ...noFilm }, (descriptor, place) => {
    const { count, dim, times, nfe } = place.layout;
    const steps = Float64Array.from(stepsIn(descriptor, place));
    return { steps, count, dim, times: Float32Array.from(times), nfe };
  });
}

/**
 * Consecutive frames. Numbers of a damaged frame are NaN, which is drawn as nothing, and a warning says so.
 *
 * @throws WorkbenchError `film/out-of-range` where the film has no frame `from`, `store/io`
 */
export function readFilmPage(
  path: string,
  from: number,
  count: number,
  warn: WarningSink,
): Omit<FilmPage, 'run'> {
  const page = withFilm(path, null, (descriptor, place) => {
    const { begin, frameBytes } = place;
    const frames = framesIn(descriptor, place);
    if (from >= frames) return null;
    const fitting = Math.max(1, Math.floor(MOST_PAGE_BYTES / frameBytes));
    const read = Math.min(count, frames - from, fitting);
    const bytes = Buffer.alloc(read * frameBytes);
    fs.readSync(descriptor, bytes, 0, bytes.length, begin + from * frameBytes);
    const numbers = (frameBytes - FRAME_HEAD) / 4;
    const positions = new Float32Array(read * numbers);
    const steps = new Float64Array(read);
    for (let i = 0; i < read; i++) {
      const frame = bytes.subarray(i * frameBytes, (i + 1) * frameBytes);
      steps[i] = frame.readDoubleLE(0);
      const target = positions.subarray(i * numbers, (i + 1) * numbers);
      if (frame.readUInt32LE(8) === checksumOf(frame)) {
        for (let k = 0; k < numbers; k++) target[k] = frame.readFloatLE(FRAME_HEAD + 4 * k);
      } else {
        target.fill(NaN);
        warn({
          code: 'run/film-damaged',
          message: `Left out the damaged frame of step ${steps[i]} of ${path}.`,
        });
      }
    }
    return { from, steps, positions };
  });
  if (page === null) {
    throw new WorkbenchError(
      'film/out-of-range',
      `from: expected a frame of the film ${path}, found ${from}`,
      {
        field: 'from',
      },
    );
  }
  return page;
}

function withFilm<T>(path: string, absent: T, read: (descriptor: number, place: Place) => T): T {
  try {
    const place = placeIn(path);
    if (place === null) return absent;
    const descriptor = fs.openSync(path, 'r');
    try {
      return read(descriptor, place);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    throw storeErrorFrom(error, path);
  }
}

/** The layout of the film at `path`; null where there is none, or something that is no film. */
function placeIn(path: string): Place | null {
  let descriptor: number;
  try {
    descriptor = fs.openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    const head = Buffer.alloc(MAGIC.length + 4);
    fs.readSync(descriptor, head, 0, head.length, 0);
    const length = head.readUInt32LE(MAGIC.length);
    if (head.toString('latin1', 0, MAGIC.length) !== MAGIC || length > 2 ** 20) return null;
    const json = Buffer.alloc(length);
    fs.readSync(descriptor, json, 0, length, head.length);
    return placeOf(JSON.parse(json.toString()) as FilmLayout);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  } finally {
    fs.closeSync(descriptor);
  }
}

function placeOf(layout: FilmLayout): Place {
  const numbers = layout.count * layout.times.length * layout.dim;
  return { layout, begin: headerOf(layout).length, frameBytes: FRAME_HEAD + 4 * numbers };
}

function headerOf({ count, dim, times, nfe }: FilmLayout): Buffer {
  const json = JSON.stringify({ count, dim, times: [...times], nfe });
  const padded = json.padEnd(json.length + ((8 - ((MAGIC.length + 4 + json.length) % 8)) % 8));
  const header = Buffer.alloc(MAGIC.length + 4 + padded.length);
  header.write(MAGIC, 'latin1');
  header.writeUInt32LE(padded.length, MAGIC.length);
  header.write(padded, MAGIC.length + 4, 'latin1');
  return header;
}

function framesIn(descriptor: number, { begin, frameBytes }: Place): number {
  return Math.max(0, Math.floor((fs.fstatSync(descriptor).size - begin) / frameBytes));
}

function stepsIn(descriptor: number, place: Place): number[] {
  const step = Buffer.alloc(8);
  return Array.from({ length: framesIn(descriptor, place) }, (_, i) => {
    fs.readSync(descriptor, step, 0, 8, place.begin + i * place.frameBytes);
    return step.readDoubleLE(0);
  });
}

function checksumOf(frame: Buffer): number {
  return crc32(frame.subarray(FRAME_HEAD), crc32(frame.subarray(0, 8)));
}
