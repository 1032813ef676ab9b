import fs from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { WorkbenchError } from '#contract/errors.ts';
import type { WarningSink } from '#contract/errors.ts';
import type { ScalarSeries } from '#contract/runs.ts';
import { readWhole, writeWhole } from './atomic-file.ts';
import { errnoOf, storeErrorFrom } from './errors.ts';
import { storableNumbers } from './json-numbers.ts';

/*
 * One record is one line of JSON, `{"step":5,"scalars":{"loss":0.1},"crc":"89abcdef"}`: any tool
 * that reads ndjson reads it, and the CRC-32 of everything before `,"crc"` tells a whole record from
 * what a killed process or a bad disk left of one.
 */
const CRC_OPEN = ',"crc":"';
const TAIL_BYTES = CRC_OPEN.length + 8 + 2;
const NEWLINE = 0x0a;

interface MetricsRecord {
  step: number;
  scalars: Map<string, number>;
}

interface Line {
  /** Null where the line is damaged. */
  record: MetricsRecord | null;
  /** After its newline. */
  end: number;
}

/** The metrics of a run, open for appending by the one process that trains it. */
export class MetricsLog {
  private readonly path: string;
  private descriptor: number;
  private size: number;
  private lastStep: number;

  private constructor(path: string, descriptor: number, size: number, lastStep: number) {
    this.path = path;
    this.descriptor = descriptor;
    this.size = size;
    this.lastStep = lastStep;
  }

  /**
   * Opens or makes the log. A tail that was not written whole is cut off, so that the next record
   * begins on a line of its own.
   *
   * @throws WorkbenchError `store/...`
   */
  static open(path: string, warn: WarningSink): MetricsLog {
    try {
      const descriptor = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o666);
      try {
        const bytes = readWhole(path);
        let size = 0;
        let lastStep = -1;
        for (const { record, end } of linesOf(bytes)) {
          if (record === null) continue;
          size = end;
          lastStep = record.step;
        }
        if (size < bytes.length) {
          fs.ftruncateSync(descriptor, size);
          warn({
            code: 'run/metrics-tail-dropped',
            message: `Dropped ${bytes.length - size} bytes of an unfinished record at the end of ${path}.`,
          });
        }
        return new MetricsLog(path, descriptor, size, lastStep);
      } catch (error) {
        fs.closeSync(descriptor);
        throw error;
      }
    } catch (error) {
      throw storeErrorFrom(error, dirname(path));
    }
  }

  /**
   * Appends one record; steps never go back. When the disk refuses, the log is as it was before.
   *
   * @throws WorkbenchError `store/disk-full`, ..., `run/metrics-order`
   */
  append(step: number, scalars: Readonly<Record<string, number>>): void {
    if (!Number.isSafeInteger(step) || step < 0 || step < this.lastStep) {
      throw new WorkbenchError(
        'run/metrics-order',
        `Expected a step of at least ${Math.max(0, this.lastStep)} in ${this.path}, found ${step}.`,
        { path: this.path, expected: this.lastStep, found: step },
      );
    }
    const bytes = encodeRecord(step, scalars);
    try {
      writeWhole(this.descriptor, bytes, this.size);
    } catch (error) {
      fs.ftruncateSync(this.descriptor, this.size);
      throw storeErrorFrom(error, dirname(this.path));
    }
    this.size += bytes.length;
    this.lastStep = step;
  }

  /** Cuts off every record after `step`: a resumed run will write them again. */
  truncateAfter(step: number): void {
    try {
      let size = 0;
      let lastStep = -1;
      for (const { record, end } of linesOf(readWhole(this.path))) {
        // Steps never go back, so the first later record is where the log is cut.
        if (record !== null && record.step > step) break;
        if (record === null) continue;
        size = end;
        lastStep = record.step;
      }
      fs.ftruncateSync(this.descriptor, size);
      fs.fsyncSync(this.descriptor);
      this.size = size;
      this.lastStep = lastStep;
    } catch (error) {
      throw storeErrorFrom(error, dirname(this.path));
    }
  }

  /** Makes everything appended so far survive a power cut. */
  flush(): void {
    try {
      fs.fsyncSync(this.descriptor);
    } catch (error) {
      throw storeErrorFrom(error, dirname(this.path));
    }
  }

  close(): void {
    if (this.descriptor < 0) return;
    fs.closeSync(this.descriptor);
    this.descriptor = -1;
  }
}

/**
 * Every whole record of a log, as one series per scalar in order of first appearance; an empty or
 * missing log has none. Safe while another process appends: an unfinished last line is not there yet.
 *
 * @throws WorkbenchError `store/io`
 */
export function readMetrics(path: string, warn: WarningSink): ScalarSeries[] {
  let bytes: Uint8Array;
  try {
    bytes = readWhole(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw storeErrorFrom(error, path);
  }
  const columns = new Map<string, { steps: number[]; values: number[] }>();
  let damaged = 0;
  for (const { record } of linesOf(bytes)) {
    if (record === null) {
      damaged++;
      continue;
    }
    for (const [name, value] of record.scalars) {
      let column = columns.get(name);
      if (column === undefined) columns.set(name, (column = { steps: [], values: [] }));
      column.steps.push(record.step);
      column.values.push(value);
    }
  }
  if (damaged > 0) {
    warn({ code: 'run/metrics-damaged', message: `Left out ${damaged} damaged records of ${path}.` });
  }
  return [...columns].map(([name, { steps, values }]) => ({
    name,
    steps: Float64Array.from(steps),
    values: Float64Array.from(values),
  }));
}

function encodeRecord(step: number, scalars: Readonly<Record<string, number>>): Uint8Array {
  const open = JSON.stringify({ step, scalars: storableNumbers(scalars) }).slice(0, -1);
  return Buffer.from(`${open}${CRC_OPEN}${hex32(crc32(open))}"}\n`);
}

/** The lines that end in a newline, whole and damaged. */
function* linesOf(bytes: Uint8Array): Generator<Line> {
  let begin = 0;
  while (begin < bytes.length) {
    const newline = bytes.indexOf(NEWLINE, begin);
    if (newline < 0) return;
    yield { record: decodeRecord(bytes.subarray(begin, newline)), end: newline + 1 };
    begin = newline + 1;
  }
}

function decodeRecord(line: Uint8Array): MetricsRecord | null {
  const open = line.subarray(0, Math.max(0, line.length - TAIL_BYTES));
  const tail = Buffer.from(line.subarray(open.length)).toString('latin1');
  if (tail !== `${CRC_OPEN}${hex32(crc32(open))}"}`) return null;
  try {
    const { step, scalars } = JSON.parse(`${Buffer.from(open).toString()}}`) as {
      step: number;
      scalars: Record<string, number | string>;
    };
    return {
      step,
      scalars: new Map(Object.entries(scalars).map(([name, value]) => [name, Number(value)])),
    };
  } catch {
    // A right CRC over a wrong record: not written by us, and no more use than a damaged one.
    return null;
  }
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}
