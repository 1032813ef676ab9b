import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Warning } from '#contract/errors.ts';
import { runConfig } from '#contract/runs.ts';
import type { RunConfig } from '#contract/runs.ts';

/** A folder that is gone after the test. */
export function scratchFolder(): string {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'fewstep-store-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A sink that remembers, and the codes it has seen. */
export function warningTrap() {
  const warnings: Warning[] = [];
  return {
    warn: (warning: Warning) => void warnings.push(warning),
    codes: () => warnings.map(({ code }) => code),
  };
}

/** For where a warning would be a failure. */
export function noWarning(warning: Warning): never {
  throw new Error(`unexpected warning ${warning.code}: ${warning.message}`);
}

export function configOf(change: Partial<RunConfig> = {}): RunConfig {
  return runConfig.parse({ method: 'drifting', dataset: { id: 'checkerboard' }, ...change });
}

/** The error of the system that `errno` names. */
export function systemError(errno: 'ENOSPC' | 'EROFS' | 'EACCES' | 'EDQUOT' | 'EIO'): Error {
  const number = os.constants.errno[errno];
  return Object.assign(new Error(`${errno}: injected`), { code: errno, errno: -number, syscall: 'write' });
}

/** Names in a folder that begin with a dot: what an interrupted write would leave. */
export function tempsIn(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(^|\/)\./.test(name));
}
