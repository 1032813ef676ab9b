/** What the student starts from: random numbers, or the network of its teacher. */
import { type MlpShape, initMlp } from '../../models/mlp/mlp.ts';
import type { Rng } from '../../tensor/rng.ts';
import { type DitPlan, headFrom, startOf } from '../dit-network.ts';
import type { TrainedMlp, TrainedNetwork } from '../method.ts';
import type { PolicyHead } from './policy-head.ts';

/** Standard deviation of a mixture at the beginning, in velocity units, as released. */
const FIRST_STD = 0.05;
/** Spread of the biases of velocities at the beginning, so that components can part: of a mixture, */
const MIXTURE_SPREAD = 0.5;
/** and of predictions, which are told apart by their place and need none to speak of. */
const PREDICTION_SPREAD = 0.05;
/** The same around a teacher's velocity, as released. */
const TEACHER_SPREAD = 0.05;

type Parameters = Record<string, Float32Array>;

/** A network that says little: its last layer is small, its components apart by their biases. */
export function randomNetwork(shape: MlpShape, head: PolicyHead, rng: Rng, inputScale?: number): Parameters {
  const parameters = initMlp(shape, rng, {
    lastGain: 0.1,
    ...(inputScale === undefined ? {} : { inputScale }),
  });
  const spread = head.logStdAt === null ? PREDICTION_SPREAD : MIXTURE_SPREAD;
  const bias = parameters[`layers.${shape.depth}.bias`]!;
  addNormal(bias.subarray(0, head.velocities), spread, rng.at(1));
  if (head.logStdAt !== null) bias[head.logStdAt] = Math.log(FIRST_STD);
  return parameters;
}

/**
 * The teacher's network with its last layer repeated for every component, a little noise on the biases,
 * equal weights and a small standard deviation: at its source the policy is the teacher. Chen et al.
 * 2025, the released initialisation.
 *
 * A student that knows no classes takes a teacher of classes as it answers for any of them.
 *
 * @param teacher  as {@link fittingTeacher} gives it
 * @param spread  standard deviation of the noise
 */
export function networkOfTeacher(
  shape: MlpShape,
  head: PolicyHead,
  { shape: taught, parameters: known }: TrainedMlp,
  rng: Rng,
  spread = TEACHER_SPREAD,
): Parameters {
  const parameters = Object.fromEntries(
    Object.entries(known).map(([name, values]) => [name, values.slice()]),
  );

  const { classes: taughtClasses = 0 } = taught;
  if (taughtClasses > 0 && (shape.classes ?? 0) === 0) {
    // The row of the null class is always on: it is a bias.
    const rows = shape.inputs + shape.timeChannels;
    const weight = parameters['layers.0.weight']!;
    const bias = parameters['layers.0.bias']!;
    const row = (rows + taughtClasses) * shape.width;
    for (let i = 0; i < shape.width; i++) bias[i]! += weight[row + i]!;
    parameters['layers.0.weight'] = weight.slice(0, rows * shape.width);
  }

  const last = `layers.${shape.depth}`;
  const { outputs, velocities, logStdAt } = head;
  const [weight, bias] = [known[`${last}.weight`]!, known[`${last}.bias`]!];
  const dim = taught.outputs;
  const repeatedWeight = new Float32Array(shape.width * outputs);
  const repeatedBias = new Float32Array(outputs);
  for (let output = 0; output < velocities; output++) {
    for (let i = 0; i < shape.width; i++) {
      repeatedWeight[i * outputs + output] = weight[i * dim + (output % dim)]!;
    }
    repeatedBias[output] = bias[output % dim]!;
  }
  addNormal(repeatedBias.subarray(0, velocities), spread, rng.at(1));
  if (logStdAt !== null) repeatedBias[logStdAt] = Math.log(FIRST_STD);
  return { ...parameters, [`${last}.weight`]: repeatedWeight, [`${last}.bias`]: repeatedBias };
}

/** The teacher's network if a student of this shape can start from it; null for an exact teacher too. */
export function fittingTeacher(
  shape: MlpShape,
  teacher: TrainedNetwork | null | undefined,
): TrainedMlp | null {
  if (teacher === null || teacher === undefined || !('shape' in teacher)) return null;
  const trunk = ({ inputs, width, depth, timeChannels, timeScale = 0, readsGuidance = false }: MlpShape) =>
    [inputs, width, depth, timeChannels, timeScale, readsGuidance].join();
  const { classes = 0 } = shape;
  const hasClasses = classes === 0 || classes === teacher.shape.classes;
  return hasClasses && trunk(teacher.shape) === trunk(shape) ? teacher : null;
}

/**
 * A transformer with the head of a policy: random, or its teacher's with the last layer repeated as in
 * {@link networkOfTeacher}, the noise on the biases alike at every place of a patch.
 */
export function ditOfTeacher(plan: DitPlan, rng: Rng, spread = TEACHER_SPREAD): Parameters {
  const parameters = startOf(plan, rng);
  const { config, start } = plan;
  if (start === null || config.head.kind === 'field') return parameters;
  const [name, count] =
    config.head.kind === 'gm'
      ? (['means', config.head.components] as const)
      : (['final.linear', config.head.points] as const);
  const head = headFrom(config, start, name, count);
  const apart = rng.at(1).fillNormal(new Float32Array(count * config.channels));
  head[`${name}.bias`]!.forEach((_, i, bias) => (bias[i]! += spread * apart[i % apart.length]!));
  return { ...parameters, ...head };
}

function addNormal(values: Float32Array, std: number, rng: Rng): void {
  const noise = rng.fillNormal(new Float32Array(values.length));
  for (let i = 0; i < values.length; i++) values[i]! += std * noise[i]!;
}
