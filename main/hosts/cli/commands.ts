/** The commands that ask the engine one question. */
import { WorkbenchError } from '#contract/errors.ts';
import { checkGoldenFolder } from '../../engine/golden/golden.ts';
import { executorById } from '../../tensor/device.ts';
import { parseFlags } from './flags.ts';
import type { Output } from './output.ts';

/** `fewstep golden FOLDER`: recomputes the authors' numbers. */
export async function golden(argv: readonly string[], output: Output): Promise<number> {
  const folder = argv.find((arg) => !arg.startsWith('--'));
  parseFlags(
    argv.filter((arg) => arg !== folder),
    { json: 'boolean' },
  );
  if (folder === undefined) {
    throw new WorkbenchError('cli/missing-flag', 'golden: expected a folder of golden files, found nothing');
  }
  const executor = await executorById('ort-cpu');
  const reports = await checkGoldenFolder(folder, executor, ({ file, status, note }) => {
    const line = `${status.padEnd(7)} ${file}: ${note}\n`;
    (output.json ? process.stderr : process.stdout).write(line);
  });
  const tally = (status: string): number => reports.filter((report) => report.status === status).length;
  const [passed, failed] = [tally('passed'), tally('failed')];
  output.answer({ files: reports, passed, failed, skipped: tally('skipped') }, [
    `${passed} passed, ${failed} failed`,
  ]);
  return failed === 0 ? 0 : 1;
}
