/** `fewstep doctor`: what can compute here, how fast, and what is missing. */
import type { ExecutorEntry } from '#contract/engines.ts';
import { Executors } from '../../engine/executors/executors.ts';
import { programVersion } from '../../engine/version.ts';
import { resolveHome } from '../../store/home.ts';
import { engineVersions } from '../../tensor/device.ts';
import { parseFlags, text } from './flags.ts';
import type { Output } from './output.ts';

const GIB = 2 ** 30;

export async function doctor(argv: readonly string[], output: Output): Promise<number> {
  const given = parseFlags(argv, { measure: 'boolean', home: 'string', json: 'boolean' });
  const executors = new Executors({
    home: resolveHome(text(given, 'home')),
    version: programVersion(),
    warn: ({ code, message }) => output.say(`${message} (${code})`),
  });
  if (given['measure'] === true) {
    for await (const { id, score } of executors.measure(undefined, new AbortController().signal)) {
      output.say(`${id}: ${score === null ? 'failed' : speedOf(score)}`);
    }
  }
  const { executors: entries, executor, device, because } = await executors.state();
  const versions = { fewstep: programVersion(), ...engineVersions() };
  output.answer({ executors: entries, auto: { executor, device, because }, versions }, [
    ...entries.flatMap(linesOf),
    '',
    `auto takes ${executor} on ${device}: ${because}`,
    '',
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
  ]);
  return 0;
}

/** What it is or why it is not; then memory, features and speed. */
function linesOf({ id, available, reason, device, score }: ExecutorEntry): string[] {
  const facts =
    !available || device === null
      ? []
      : [
          [
            ...(device.memoryBytes === null ? [] : [`${(device.memoryBytes / GIB).toFixed(1)} GiB`]),
            ...device.features,
            ...(device.isSoftware ? ['played by the processor: right, and slow'] : []),
          ].join(', '),
          score === null ? 'not measured: doctor --measure' : speedOf(score),
        ];
  return [
    `${available ? 'ok     ' : 'missing'}  ${id.padEnd(11)} ${reason}`,
    ...facts.map((fact) => `${' '.repeat(21)}${fact}`),
  ];
}

function speedOf({
  stepsPerSec,
  difference,
  agrees,
  measuredAt,
}: NonNullable<ExecutorEntry['score']>): string {
  const verdict = agrees ? 'agrees with ort-cpu' : 'DOES NOT AGREE with ort-cpu';
  const day = measuredAt.slice(0, 10);
  return `${stepsPerSec.toPrecision(3)} steps/s of a small training, ${verdict} (${difference.toExponential(1)}), measured ${day}`;
}
