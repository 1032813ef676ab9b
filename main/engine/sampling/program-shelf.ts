/** Compiled programs of one model, kept while they are in use. */
import type { Executor } from '../../tensor/executors/executor.ts';
import { type Program, type ProgramSpec, compileProgram } from '../../tensor/program.ts';

/** Each batch size has a program of its own. */
const MOST_PROGRAMS = 8;

export class ProgramShelf {
  private readonly executor: Executor;
  private readonly programs = new Map<string, Promise<Program>>();
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(executor: Executor) {
    this.executor = executor;
  }

  /** The program of a key, compiled when it is first asked for. */
  get(key: string, spec: ProgramSpec): Promise<Program> {
    const known = this.programs.get(key);
    if (known !== undefined) return known;
    this.evictOldest();
    const compiled = compileProgram(this.executor, spec);
    this.programs.set(key, compiled);
    return compiled;
  }

  /** Does work under which no program may be let go of: `dispose` waits for it. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const working = work();
    this.underWay.add(working);
    try {
      return await working;
    } finally {
      this.underWay.delete(working);
    }
  }

  async dispose(): Promise<void> {
    while (this.underWay.size > 0) await Promise.allSettled(this.underWay);
    const programs = await Promise.allSettled(this.programs.values());
    this.programs.clear();
    for (const program of programs) if (program.status === 'fulfilled') await program.value.dispose();
  }

  private evictOldest(): void {
    if (this.programs.size < MOST_PROGRAMS) return;
    const [key, program] = this.programs.entries().next().value!;
    this.programs.delete(key);
    // Someone may be drawing with it.
    void Promise.allSettled(this.underWay)
      .then(() => program)
      .then((evicted) => evicted.dispose());
  }
}
