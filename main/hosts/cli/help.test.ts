import { describe, expect, it } from 'vitest';
import { WorkbenchError } from '#contract/errors.ts';
import { importCheckpoint, inspect } from './checkpoints.ts';
import { golden } from './commands.ts';
import { doctor } from './doctor.ts';
import { engines } from './engines.ts';
import { evaluate } from './evaluate.ts';
import { exportCommand } from './export.ts';
import { forward } from './forward.ts';
import { COMMAND_HELP, helpOf, overview } from './help.ts';
import { importData } from './import-data.ts';
import { type Output, createOutput } from './output.ts';
import { sample } from './sample.ts';

type Command = (argv: readonly string[], output: Output) => Promise<number>;

/** Each command with arguments that bring it to its flags. */
const CALLS: Readonly<Record<string, readonly (readonly [Command, ...string[]])[]>> = {
  doctor: [[doctor]],
  engine: [
    [engines, 'install', 'tensorflow'],
    [engines, 'list'],
    [engines, 'remove', 'tensorflow'],
  ],
  sample: [[sample]],
  eval: [[evaluate]],
  inspect: [[inspect, 'file']],
  import: [[importCheckpoint, 'file']],
  'import-data': [[importData, 'folder']],
  forward: [[forward, 'file']],
  export: [[exportCommand, 'run']],
  golden: [[golden, 'folder']],
};

/** The flags that a command says it knows when it is given one that it does not. */
async function flagsOf(command: Command, argv: readonly string[]): Promise<string[]> {
  const failure = await command([...argv, '--no-such-flag'], createOutput(false)).catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(WorkbenchError);
  const { code, detail } = failure as WorkbenchError;
  expect(code).toBe('cli/bad-flag');
  return (detail as { known: string[] }).known;
}

describe('help', () => {
  it.each(Object.keys(COMMAND_HELP))('of %s names every flag that it reads, and no other', async (name) => {
    const read = new Set<string>();
    for (const [command, ...argv] of CALLS[name] ?? []) {
      for (const flag of await flagsOf(command, argv)) read.add(flag);
    }
    const told = COMMAND_HELP[name]!.flags.map(({ flag }) => `--${flag}`);
    expect([...told].sort()).toEqual([...read].sort());
    expect(new Set(told).size).toBe(told.length);
  });

  it.each(Object.entries(COMMAND_HELP))('of %s fits a terminal of 110 columns', (name, help) => {
    const lines = helpOf(name, help).split('\n');
    expect(lines[0]).toBe(`fewstep ${name} ${help.usage}`);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(110);
    for (const { flag } of help.flags)
      expect(lines.some((line) => line.startsWith(`  --${flag}`))).toBe(true);
  });

  it('in all has a line for every command', () => {
    const commands = [...overview().matchAll(/^ {2}([a-z-]+) {2}/gm)].map(([, name]) => name);
    expect([...commands].sort()).toEqual(
      [...Object.keys(COMMAND_HELP), 'train', 'reproduce', 'bench', 'serve'].sort(),
    );
  });
});
