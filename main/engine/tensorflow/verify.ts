/** Tries an engine before it is offered. */
import fs from 'node:fs';
import path from 'node:path';
import { type WireError, errorFromWire } from '#contract/errors.ts';
import type { CheckedEngine } from './check.ts';
import { installError, messageOf } from './errors.ts';
import { runTool } from './run-tool.ts';
import type { Way } from './way.ts';

/** A card's first use compiles kernels for it. */
const LONGEST_MS = 300_000;

export type EngineToVerify = Pick<Way, 'folder' | 'kind' | 'signal'>;

/** @throws WorkbenchError `engine/install-verify`, `engine/install-no-gpu` */
export async function verifyEngine({ folder, kind, signal }: EngineToVerify): Promise<void> {
  const checked = await check(folder, signal);
  if (kind === 'gpu' && !checked.isOnCard) {
    throw installError(
      'no-gpu',
      `TensorFlow was built and computes, but finds no card it can use and took ${checked.device} instead. Its libraries may ask for another driver or another CUDA; bring the driver up to date, use --cpu, or the executor ort-webgpu.`,
      { device: checked.device },
    );
  }
}

async function check(folder: string, signal: AbortSignal): Promise<CheckedEngine> {
  const entry = checkEntry();
  try {
    if (entry === null) {
      const { checkEngine } = await import('./check.ts');
      return await checkEngine(folder);
    }
    const limit = AbortSignal.timeout(LONGEST_MS);
    const { code, stdout, said } = await runTool(process.execPath, [entry, folder], {
      signal: AbortSignal.any([signal, limit]),
      env: { TF_CPP_MIN_LOG_LEVEL: '2' },
    });
    const answer = stdout.split('\n').findLast((line) => line.startsWith('{'));
    if (answer === undefined) throw new Error(`its process ended with ${code}: ${said.slice(-1000)}`);
    const { checked, error } = JSON.parse(answer) as { checked?: CheckedEngine; error?: WireError };
    if (checked === undefined) throw errorFromWire(error!);
    return checked;
  } catch (error) {
    if (signal.aborted) throw error;
    throw installError('verify', `TensorFlow does not work here: ${messageOf(error)}`, {}, error);
  }
}

/**
 * The bundle of a process of its own. Null on the desktop, whose program cannot be started as Node, and
 * where the sources run: there the engine tries it itself.
 */
function checkEntry(): string | null {
  if (process.versions['electron'] !== undefined) return null;
  const here = import.meta.dirname;
  const places = [path.join(here, 'engine-check.js'), path.join(here, '..', 'engine-check.js')];
  return places.find((file) => fs.existsSync(file)) ?? null;
}
