/** What is kept of one reproduction in one size: each experiment as it ends, then the report and its figure. */
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import {
  type ReproductionResult,
  type ReproductionSize,
  aim,
  reproductionResult,
} from '#contract/reproductions.ts';
import {
  type CheckpointTensor,
  readSafetensors,
  writeSafetensors,
} from '../../checkpoints/safetensors/index.ts';
import type { Arrays } from '../../reproductions/lab.ts';
import type { Measures, Reproduction } from '../../reproductions/reproduction.ts';
import { pngOf } from '../../reproductions/picture.ts';
import type { Finished, Notebook } from '../../reproductions/run.ts';
import { writeFileAtomic } from '../../store/atomic-file.ts';
import { storeErrorFrom } from '../../store/errors.ts';

/** JSON has no NaN: it is written as null. */
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? NaN);
const keptPage = z.object({
  version: z.string(),
  arm: z.string(),
  measures: z.record(z.string(), number),
  /** Left out by older versions. */
  device: z.string().optional(),
});
const keptMeasured = z.object({ mean: number, standardError: number, values: z.array(number) });
const keptReport = reproductionResult.extend({
  version: z.string(),
  measured: z.record(z.string(), z.record(z.string(), keptMeasured)),
  aims: z.array(aim.extend({ measured: keptMeasured })).optional(),
});

/** Folder of what was measured. */
const MEASURED = 'measured';
/** Folder, beside those of the reproductions, of networks that several of them learn from or draw from. */
const TRAINED = 'trained';

/** Files of another version of the program are as if they were not there: it may measure otherwise. */
export class ReproductionFolder implements Notebook {
  readonly path: string;
  /** By version, each of which trains its own. */
  private readonly shared: string;
  private readonly reproduction: Reproduction;
  private readonly size: ReproductionSize;
  private readonly version: string;

  /** @param home  the data folder */
  constructor(home: string, reproduction: Reproduction, size: ReproductionSize, version: string) {
    this.path = path.join(home, 'reproductions', reproduction.name, size);
    this.shared = path.join(home, 'reproductions', TRAINED);
    this.reproduction = reproduction;
    this.size = size;
    this.version = version;
  }

  get figureFile(): string {
    return path.join(this.path, 'figure.svg');
  }

  read(arm: string, seed: number): Measures | null {
    return this.page(arm, seed)?.measures ?? null;
  }

  deviceOf(arm: string, seed: number): string | null {
    return this.page(arm, seed)?.device ?? null;
  }

  write(arm: string, seed: number, measures: Measures, device: string): void {
    const { version } = this;
    this.put(this.pageOf(arm, seed), `${JSON.stringify({ version, arm, seed, measures, device })}\n`);
  }

  readArrays(name: string): Arrays | null {
    const file = this.arraysOf(name);
    try {
      const { tensors, metadata } = readSafetensors(fs.readFileSync(file), file);
      if (metadata.get('name') !== name) return null;
      return Object.fromEntries([...tensors].map(([key, { data }]) => [key, data as Float32Array]));
    } catch {
      // What cannot be read is made again.
      return null;
    }
  }

  writeArrays(name: string, arrays: Arrays): void {
    const tensors = Object.entries(arrays).map(([key, data]): [string, CheckpointTensor] => [
      key,
      { dtype: 'F32', shape: [data.length], data },
    ]);
    this.put(this.arraysOf(name), writeSafetensors(new Map(tensors), new Map([['name', name]])));
    // Megabytes that no version but another one reads.
    for (const version of fs.readdirSync(this.shared)) {
      if (version !== this.version)
        fs.rmSync(path.join(this.shared, version), { recursive: true, force: true });
    }
  }

  /** Experiments with the reproduction's own seeds that need not be measured again. */
  keptCount(): number {
    const { arms, seeds } = this.reproduction;
    const each = arms.flatMap((arm) => seeds[this.size].map((seed) => this.read(arm, seed)));
    return each.filter((measures) => measures !== null).length;
  }

  /**
   * Makes the next start train and measure everything anew, and other reproductions train what they share
   * with it; the last report stays until there is another.
   */
  forget(): void {
    for (const kept of [path.join(this.path, MEASURED), this.shared]) {
      fs.rmSync(kept, { recursive: true, force: true });
    }
  }

  async keep({ report, figure }: Finished): Promise<void> {
    const { version } = this;
    const picture = await pngOf(figure);
    const when = new Date().toISOString();
    this.put(this.figureFile, figure);
    this.put(path.join(this.path, 'figure.png'), picture);
    // Last: where there is a report, there is its figure.
    this.put(
      path.join(this.path, 'report.json'),
      `${JSON.stringify({ ...report, when, version }, null, 2)}\n`,
    );
  }

  /** What the last whole run found; null if there was none. */
  result(): ReproductionResult | null {
    const kept = keptReport.safeParse(jsonIn(path.join(this.path, 'report.json')));
    if (!kept.success || kept.data.version !== this.version) return null;
    const { verdict, seeds, measured, aims, notes, devices, when } = kept.data;
    return {
      verdict,
      seeds,
      measured,
      ...(aims === undefined ? {} : { aims }),
      ...(notes === undefined ? {} : { notes }),
      ...(devices === undefined ? {} : { devices }),
      when,
    };
  }

  /** The figure of the last whole run, SVG; null if there was none. */
  figure(): string | null {
    return this.result() === null ? null : textIn(this.figureFile);
  }

  /** Changes whenever anything here does: what was read before need not be read again. */
  stamp(): string {
    const of = (file: string): number =>
      fs.statSync(path.join(this.path, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return `${of(MEASURED)} ${of('report.json')}`;
  }

  private page(arm: string, seed: number): z.infer<typeof keptPage> | null {
    const kept = keptPage.safeParse(jsonIn(this.pageOf(arm, seed)));
    return kept.data?.version === this.version && kept.data.arm === arm ? kept.data : null;
  }

  private pageOf(arm: string, seed: number): string {
    return path.join(this.path, MEASURED, `${fileName(arm)}-seed-${seed}.json`);
  }

  private arraysOf(name: string): string {
    return path.join(this.shared, this.version, `${fileName(name)}.safetensors`);
  }

  /** @throws WorkbenchError `store/...` */
  private put(file: string, content: string | Uint8Array): void {
    try {
      fs.mkdirSync(path.dirname(file), { recursive: true });
    } catch (error) {
      throw storeErrorFrom(error, path.dirname(file));
    }
    writeFileAtomic(file, content);
  }
}

function fileName(text: string): string {
  return text.replace(/[^a-z0-9]+/gi, '-');
}

function textIn(file: string): string | null {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    // What cannot be read is measured again.
    return null;
  }
}

/** Null for what is no JSON: it is measured again. */
function jsonIn(file: string): unknown {
  const text = textIn(file);
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
