/** Checks the normalised drift loss against numbers of the authors' own code. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { parseFields } from '#contract/parse.ts';
import { relativeError } from '../../maths/relative-error.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { compileProgram } from '../../tensor/program.ts';
import { driftLoss } from './drift-loss.ts';

/** The release computes in float32 in another order; agreement is judged relative to each array. */
export const DRIFT_TOLERANCE = 2e-4;
/** The released affinity floor, with which the numbers were made. */
const RELEASED_FLOOR = 1e-6;

const goldenCase = z.object({
  B: z.int(),
  G: z.int(),
  P: z.int(),
  N: z.int(),
  S: z.int(),
  R: z.array(z.number()),
  gen: z.array(z.number()),
  pos: z.array(z.number()),
  neg: z.array(z.number()).nullable(),
  weightNeg: z.array(z.number()).nullable(),
  loss: z.array(z.number()),
  info: z.record(z.string(), z.number()),
  gradOfSumLoss: z.array(z.number()),
});
const goldenFile = z.object({ cases: z.array(goldenCase).min(1) });

export interface DriftComparison {
  readonly case: number;
  readonly name: string;
  /** Largest absolute difference over the largest expected magnitude. */
  readonly relativeError: number;
}

/**
 * Recomputes loss, scale, field squares and gradient of every case.
 * @param file  the parsed `drift-loss*.json`
 * @throws WorkbenchError `config/...` if it is not of that form
 */
export async function checkDriftGolden(file: unknown, executor: Executor): Promise<DriftComparison[]> {
  const { cases } = parseFields(goldenFile, file);
  const comparisons: DriftComparison[] = [];
  for (const [index, golden] of cases.entries()) {
    const found = await computeCase(golden, executor);
    for (const [name, expected] of Object.entries(expectedOf(golden))) {
      comparisons.push({ case: index, name, relativeError: relativeError(expected, found[name]!) });
    }
  }
  return comparisons;
}

type Case = z.output<typeof goldenCase>;

function expectedOf({ loss, info, gradOfSumLoss }: Case): Record<string, readonly number[]> {
  const perTemperature = Object.entries(info).map(([name, value]): [string, number[]] => [name, [value]]);
  return { loss, gradOfSumLoss, ...Object.fromEntries(perTemperature) };
}

async function computeCase(golden: Case, executor: Executor): Promise<Record<string, ArrayLike<number>>> {
  const { B, G, P, N, S, R, gen, pos, neg, weightNeg } = golden;
  const program = await compileProgram(executor, {
    inputs: {
      gen: { shape: [B, G, S] },
      pos: { shape: [B, P, S] },
      ...(neg ? { neg: { shape: [B, N, S] } } : {}),
      ...(neg && weightNeg ? { weights: { shape: [B, N] } } : {}),
    },
    run: (_, inputs) => {
      const lossOf = (x: Tensor) =>
        driftLoss(
          x as Tensor3D,
          inputs['pos'] as Tensor3D,
          (inputs['neg'] as Tensor3D | undefined) ?? null,
          (inputs['weights'] as Tensor2D | undefined) ?? null,
          { temperatures: R, affinityFloor: RELEASED_FLOOR },
        );
      const { loss, scale, fieldSquares } = lossOf(inputs['gen']!);
      const grad = tf.grad((x: Tensor) => tf.sum(lossOf(x).loss))(inputs['gen']!);
      return { outputs: { loss, scale, squares: tf.stack([...fieldSquares]), grad } };
    },
  });
  const outputs = await program.run({
    gen: Float32Array.from(gen),
    pos: Float32Array.from(pos),
    ...(neg ? { neg: Float32Array.from(neg) } : {}),
    ...(neg && weightNeg ? { weights: Float32Array.from(weightNeg) } : {}),
  });
  const squares = R.map((temperature, i): [string, number[]] => [
    `loss_${temperature}`,
    [outputs['squares']![i]!],
  ]);
  const found = {
    loss: Float32Array.from(outputs['loss']!),
    gradOfSumLoss: Float32Array.from(outputs['grad']!),
    scale: [outputs['scale']![0]!],
    ...Object.fromEntries(squares),
  };
  await program.dispose();
  return found;
}
