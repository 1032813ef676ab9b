/** `fewstep export RUN`: the network of a run or an imported model as a file for elsewhere. */
import { WorkbenchError } from '#contract/errors.ts';
import type { CallInput } from '#contract/workbench.ts';
import { withEngine } from './engine.ts';
import { integer, parseFlags, required, text } from './flags.ts';
import { type Output, brief } from './output.ts';

export async function exportCommand(argv: readonly string[], output: Output): Promise<number> {
  const run = argv[0];
  if (run === undefined || run.startsWith('--')) {
    throw new WorkbenchError(
      'cli/missing-flag',
      'export: expected a run by id or folder, or an imported model by id, found nothing',
    );
  }
  const given = parseFlags(argv.slice(1), {
    format: 'string',
    names: 'string',
    out: 'string',
    nfe: 'string',
    batch: 'string',
    home: 'string',
    json: 'boolean',
  });
  const [out, names] = [text(given, 'out'), text(given, 'names')];
  // The contract refuses formats and names that it does not know, by name.
  const request: CallInput<'models.export'> = {
    run,
    format: required(given, 'format', 'onnx or safetensors') as 'onnx',
    ...(names === undefined ? {} : { names: names as 'original' }),
    ...(out === undefined ? {} : { out }),
    ...(given['nfe'] === undefined ? {} : { nfe: integer(given, 'nfe', 1) }),
    ...(given['batch'] === undefined ? {} : { batch: integer(given, 'batch', 1) }),
  };
  return withEngine(text(given, 'home'), async (client) => {
    const made = await client.call('models.export', request);
    const checked =
      made.verified === null
        ? 'written'
        : made.format === 'onnx'
          ? `run back in ONNX Runtime: off by ${brief(made.verified)} of the largest number`
          : 'read back: the same numbers';
    output.answer(made, [`${made.file} (${made.bytes} bytes), ${checked}`]);
    return 0;
  });
}
