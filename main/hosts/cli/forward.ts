/** `fewstep forward FILE`: one pass of a network that was made elsewhere. */
import path from 'node:path';
import { FORWARD_TOLERANCE, type ForwardReport, forwardPass } from '../../engine/checkpoints/forward.ts';
import { nodeReader } from '../../engine/reader/node-process.ts';
import { executorById } from '../../tensor/device.ts';
import { OPTION_TYPES, fileAndFlags, optionsFrom } from './checkpoints.ts';
import { type Output, brief } from './output.ts';

/** 0 where it agrees with `--io`, or there is none; 1 where it does not. */
export async function forward(argv: readonly string[], output: Output): Promise<number> {
  const { file, given } = fileAndFlags('forward', argv, { ...OPTION_TYPES, io: 'string', json: 'boolean' });
  const cancel = new AbortController();
  const stop = (): void => cancel.abort();
  // Gigabytes may lie in the temporary folder: a signal ends the reader, and the folder goes.
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  let tenths = 0;
  try {
    const report = await forwardPass({
      file,
      options: optionsFrom(given),
      io: typeof given['io'] === 'string' ? given['io'] : null,
      spawn: nodeReader(),
      executor: await executorById('ort-cpu'),
      signal: cancel.signal,
      onProgress(done, of) {
        const reached = Math.floor((10 * done) / Math.max(1, of));
        if (reached > tenths) output.say(`${path.basename(file)}: ${10 * reached}% converted`);
        tenths = Math.max(tenths, reached);
      },
    });
    const agrees = report.relativeToStd === null || report.relativeToStd <= FORWARD_TOLERANCE;
    output.answer({ ...report, agrees }, linesOf(report, agrees));
    return agrees ? 0 : 1;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

function linesOf(report: ForwardReport, agrees: boolean): string[] {
  const { title, seconds, loadSeconds, memoryBytes, output, fed, relativeToStd, settled } = report;
  const asked = Object.entries(fed ?? {}).map(([name, value]) => `, ${name} = ${value}`);
  return [
    title,
    `one pass ${brief(seconds)} s${fed === null ? '' : `, of seeded noise${asked.join('')}`}; recognised and loaded in ${brief(loadSeconds)} s; at most ${brief(memoryBytes / 2 ** 30)} GiB of memory`,
    ...Object.entries(settled).map(([name, value]) => `${name} ${value}, for which the outputs agree`),
    ...output.map(
      ({ name, shape, min, max, mean, std, maxAbsError }) =>
        `  ${name.padEnd(10)} [${shape.join(', ')}]  mean ${brief(mean)}  std ${brief(std)}  from ${brief(min)} to ${brief(max)}${
          maxAbsError === null ? '' : `  largest error ${brief(maxAbsError)}`
        }`,
    ),
    ...(relativeToStd === null
      ? []
      : [
          `${agrees ? 'Agrees' : 'Disagrees'}: ${brief(relativeToStd)} of the standard deviation (limit ${FORWARD_TOLERANCE})`,
        ]),
  ];
}
