import fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MetricsLog, readMetrics } from './metrics-log.ts';
import { noWarning, scratchFolder, systemError, warningTrap } from './testdata/scratch.ts';

afterEach(() => vi.restoreAllMocks());

function logPath(): string {
  return join(scratchFolder(), 'metrics.ndjson');
}

/** Steps of one series. */
function stepsOf(path: string, name = 'loss', warn = noWarning as never): number[] {
  return [...(readMetrics(path, warn).find((series) => series.name === name)?.steps ?? [])];
}

function written(path: string, steps: number): void {
  const log = MetricsLog.open(path, noWarning);
  for (let step = 1; step <= steps; step++) log.append(step, { loss: 1 / step, 'grad norm': step });
  log.close();
}

describe('append and read', () => {
  it('gives back every value, the ones that JSON does not have included', () => {
    const scalars = fc.dictionary(
      fc.oneof(fc.string({ minLength: 1, maxLength: 8 }), fc.constant('__proto__')),
      // JSON writes -0 as 0.
      fc.double().map((value) => value + 0),
      { maxKeys: 4, noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(scalars, { maxLength: 8 }), (records) => {
        const path = logPath();
        const log = MetricsLog.open(path, noWarning);
        records.forEach((record, step) => log.append(step, record));
        log.close();
        const expected = new Map<string, { steps: number[]; values: number[] }>();
        records.forEach((record, step) => {
          for (const [name, value] of Object.entries(record)) {
            const column = expected.get(name) ?? { steps: [], values: [] };
            expected.set(name, { steps: [...column.steps, step], values: [...column.values, value] });
          }
        });
        const found = readMetrics(path, noWarning);
        expect(found).toHaveLength(expected.size);
        for (const { name, steps, values } of found) {
          expect([...steps]).toEqual(expected.get(name)!.steps);
          expect([...values]).toEqual(expected.get(name)!.values);
        }
      }),
      { seed: 11, numRuns: 60 },
    );
  });

  it('writes lines that any JSON reader reads', () => {
    const path = logPath();
    const log = MetricsLog.open(path, noWarning);
    log.append(3, { loss: 0.5, norm: NaN });
    log.close();
    const [line, rest] = fs.readFileSync(path, 'utf8').split('\n');
    expect(JSON.parse(line!)).toEqual({
      step: 3,
      scalars: { loss: 0.5, norm: 'NaN' },
      crc: expect.stringMatching(/^[0-9a-f]{8}$/),
    });
    expect(rest).toBe('');
  });

  it('refuses a step that goes back, also across a reopening', () => {
    const path = logPath();
    written(path, 3);
    const log = MetricsLog.open(path, noWarning);
    expect(() => log.append(2, { loss: 1 })).toThrow(expect.objectContaining({ code: 'run/metrics-order' }));
    log.append(3, { quality: 1 });
    log.close();
    expect(stepsOf(path, 'quality')).toEqual([3]);
  });

  it('reads nothing from a log that is not there', () => {
    expect(readMetrics(logPath(), noWarning)).toEqual([]);
  });
});

describe('a torn tail', () => {
  it('is dropped at every byte of the last two records, and the next record follows the last whole one', () => {
    const path = logPath();
    written(path, 5);
    const whole = fs.readFileSync(path);
    const ends = [...whole].flatMap((byte, i) => (byte === 0x0a ? [i + 1] : []));
    for (let size = ends[2]!; size <= whole.length; size++) {
      fs.writeFileSync(path, whole.subarray(0, size));
      const kept = ends.filter((end) => end <= size).length;
      const expected = Array.from({ length: kept }, (_, i) => i + 1);
      expect(stepsOf(path)).toEqual(expected);
      const trap = warningTrap();
      const log = MetricsLog.open(path, trap.warn);
      expect(fs.statSync(path).size).toBe(ends[kept - 1]);
      expect(trap.codes()).toEqual(ends.includes(size) ? [] : ['run/metrics-tail-dropped']);
      log.append(9, { loss: 0 });
      log.close();
      expect(stepsOf(path)).toEqual([...expected, 9]);
    }
  });

  it('never yields a wrong value, whichever bit of the log flips', () => {
    const path = logPath();
    written(path, 4);
    const whole = fs.readFileSync(path);
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1 << (at % 8);
      fs.writeFileSync(path, damaged);
      for (const { name, steps, values } of readMetrics(path, () => {})) {
        steps.forEach((step, i) => expect(values[i]).toBe(name === 'loss' ? 1 / step : step));
        // One flip spoils one record, or two where it hits the newline between them.
        expect(steps.length).toBeGreaterThanOrEqual(2);
      }
    }
  });

  it('reports damage inside and keeps what follows it', () => {
    const path = logPath();
    written(path, 4);
    const bytes = fs.readFileSync(path);
    bytes[bytes.indexOf('"step":2') + 7] = 0x37;
    fs.writeFileSync(path, bytes);
    const trap = warningTrap();
    expect(stepsOf(path, 'loss', trap.warn as never)).toEqual([1, 3, 4]);
    expect(trap.codes()).toEqual(['run/metrics-damaged']);
  });
});

describe('truncateAfter', () => {
  it('leaves the records up to a step, and the log goes on from there', () => {
    for (const step of [-1, 0, 1, 3, 5, 99]) {
      const path = logPath();
      written(path, 5);
      const log = MetricsLog.open(path, noWarning);
      log.truncateAfter(step);
      log.append(Math.max(0, Math.min(step, 5)) + 1, { loss: 7 });
      log.close();
      const last = Math.max(0, Math.min(step, 5));
      expect(stepsOf(path)).toEqual(Array.from({ length: last + 1 }, (_, i) => i + 1));
    }
  });
});

describe('a full disk', () => {
  it('leaves the log as it was, and appends again when there is room', () => {
    const path = logPath();
    written(path, 2);
    const before = fs.readFileSync(path);
    const log = MetricsLog.open(path, noWarning);
    const { writeSync } = fs;
    // Half a record reaches the disk before it is full.
    vi.spyOn(fs, 'writeSync')
      .mockImplementationOnce(((fd: number, bytes: Uint8Array, from: number, _: number, place: number) =>
        writeSync(fd, bytes, from, 9, place)) as typeof fs.writeSync)
      .mockImplementationOnce(() => {
        throw systemError('ENOSPC');
      });
    expect(() => log.append(3, { loss: 1 })).toThrow(expect.objectContaining({ code: 'store/disk-full' }));
    expect(fs.readFileSync(path).equals(before)).toBe(true);
    log.append(3, { loss: 1 });
    log.close();
    expect(stepsOf(path)).toEqual([1, 2, 3]);
  });
});
