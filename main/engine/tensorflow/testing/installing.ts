/** An installation into a scratch folder, with fakes of the programs it needs. */
import fs from 'node:fs';
import path from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { type InstallProgress, engineInstall } from '#contract/engines.ts';
import { scratchFolder } from '../../../store/testdata/scratch.ts';
import { EngineInstalls, type InstallParts } from '../installs.ts';
import { fromPackage } from '../package-way.ts';
import { fromWheel } from '../wheel-way.ts';
import { type Troubles, fakeTools } from './fake-tools.ts';

export interface Setup {
  readonly home: string;
  readonly tools: string;
  readonly installs: EngineInstalls;
  readonly changes: () => number;
}

export function setup(troubles: Troubles = {}, verify: InstallParts['verify'] = async () => {}): Setup {
  const [home, tools] = [scratchFolder(), path.join(scratchFolder(), 'bin')];
  fakeTools(tools, troubles);
  onTestFinished(() => void vi.unstubAllEnvs());
  let changes = 0;
  const parts = { ways: { package: fromPackage, wheel: fromWheel }, verify };
  const installs = new EngineInstalls(home, async () => void changes++, parts);
  return { home, tools, installs, changes: () => changes };
}

export const never = new AbortController().signal;

export async function run(
  { installs }: Setup,
  order: object = { from: 'wheel' },
  signal: AbortSignal = never,
): Promise<InstallProgress[]> {
  const seen: InstallProgress[] = [];
  const parsed = engineInstall.parse({ engine: 'tensorflow', ...order });
  for await (const progress of installs.install(parsed, signal)) seen.push(progress);
  return seen;
}

/** What lies among the engines, but for their locks. */
export function remains({ home }: Setup): string[] {
  const folder = path.join(home, 'engines');
  return fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => !name.startsWith('run.lock')) : [];
}
