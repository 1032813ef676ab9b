/**
 * What executors were measured at, in `executors.json` of the data folder, so that each is measured once
 * for each device, version and driver. A file that cannot be read is as if it were not there.
 */
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { type ExecutorId, executorId, executorScore } from '#contract/engines.ts';
import { writeFileAtomic } from '../../store/atomic-file.ts';

const remembered = z.object({
  /** Of what was measured: on another device, version or driver it counts for nothing. */
  key: z.string(),
  score: executorScore.nullable(),
  /** Why it could not be measured. */
  failure: z.string().nullable(),
});
const memoryFile = z.object({
  format: z.literal(1),
  executors: z.partialRecord(executorId, remembered),
});

type Remembered = z.infer<typeof remembered>;

export class ExecutorMemory {
  private readonly file: string;

  /** @param home  the data folder; nothing is kept where there is none */
  constructor(home: string) {
    this.file = path.join(home, 'executors.json');
  }

  /** What was measured of the executor under this key; null for nothing. */
  recall(id: ExecutorId, key: string): Remembered | null {
    const found = this.read()[id];
    return found?.key === key ? found : null;
  }

  /** Executors of which anything is remembered. */
  knows(): ExecutorId[] {
    return Object.keys(this.read()) as ExecutorId[];
  }

  /** @throws WorkbenchError `store/...` */
  keep(id: ExecutorId, what: Remembered): void {
    if (!fs.existsSync(path.dirname(this.file))) return;
    // Read again: another process may have measured another one.
    const executors = { ...this.read(), [id]: what };
    writeFileAtomic(this.file, `${JSON.stringify({ format: 1, executors }, null, 2)}\n`);
  }

  private read(): Partial<Record<ExecutorId, Remembered>> {
    try {
      const parsed = memoryFile.safeParse(JSON.parse(fs.readFileSync(this.file, 'utf8')));
      return parsed.success ? parsed.data.executors : {};
    } catch {
      // What cannot be read is measured again.
      return {};
    }
  }
}
