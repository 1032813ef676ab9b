/** Checks the policies against numbers of the authors' own code. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { parseFields } from '#contract/parse.ts';
import { relativeError } from '../relative-error.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { compileProgram } from '../../tensor/program.ts';
import { dxPolicy } from './dx-policy.ts';
import { type GmOutput, gmDataFrom, gmPolicy, gmTempered } from './gm-policy.ts';
import type { PolicySource, PolicyVelocity } from './policy.ts';
import { rawTimeFromTime } from './raw-time.ts';
import { rollOut } from './roll-out.ts';

/** Both sides compute in float32, in another order; agreement is judged relative to each array. */
export const POLICY_TOLERANCE = 2e-4;

const numbers = z.array(z.number());
const query = z.object({ t: z.number(), x: numbers, velocity: numbers });
const places = { B: z.int(), C: z.int(), H: z.int(), W: z.int(), tSrc: z.number(), shift: z.number() };
const gmCase = z.object({
  ...places,
  K: z.int(),
  temperature: z.number(),
  substeps: z.int(),
  xSrc: numbers,
  means: numbers,
  logstd: numbers,
  logweights: numbers,
  velocityAtSource: numbers,
  queries: z.array(query),
  rolloutEnd: numbers,
});
const dxCase = z.object({
  ...places,
  N: z.int(),
  segment: z.number(),
  mode: z.enum(['grid', 'polynomial']),
  xSrc: numbers,
  velocities: numbers,
  queries: z.array(query),
});
const goldenFile = z.object({ gm: z.array(gmCase), dx: z.array(dxCase) });

export interface PolicyComparison {
  readonly case: string;
  readonly name: string;
  /** Largest absolute difference over the largest expected magnitude. */
  readonly relativeError: number;
}

interface Asked {
  readonly name: string;
  readonly expected: readonly number[];
  /** Given the policy and its source. */
  readonly compute: (policy: PolicyVelocity, source: PolicySource) => Tensor;
}

/**
 * Recomputes every velocity and roll-out of a file.
 *
 * @param file  the parsed `pi-policy*.json`
 * @throws WorkbenchError `config/...` if it is not of that form
 */
export async function checkPolicyGolden(file: unknown, executor: Executor): Promise<PolicyComparison[]> {
  const { gm, dx } = parseFields(goldenFile, file);
  const comparisons: PolicyComparison[] = [];
  for (const [index, golden] of gm.entries()) {
    const { B, K, C, H, W, tSrc, shift, substeps, temperature } = golden;
    const shapes = {
      means: [B, K, C, H * W],
      logWeights: [B, K, 1, H * W],
      logStd: [B, 1, 1, 1],
    };
    const values = { means: golden.means, logWeights: golden.logweights, logStd: golden.logstd };
    const all = (value: number): Tensor1D => tf.fill([B], value) as Tensor1D;
    const asked: Asked[] = [
      {
        name: 'velocityAtSource',
        expected: golden.velocityAtSource,
        compute: (policy, source) => policy(source.x, source.t),
      },
      {
        name: 'rolloutEnd',
        expected: golden.rolloutEnd,
        compute: (policy, source) => {
          const leg = { from: rawTimeFromTime(source.t, shift), to: all(0), substeps: all(substeps) };
          return rollOut(policy, source.x, leg, shift, substeps);
        },
      },
      ...queriesOf(golden),
    ];
    const found = await compute(golden, executor, { shapes, values }, asked, (tensors, source) => {
      const output = gmTempered(tensors as unknown as GmOutput, temperature);
      return gmPolicy(gmDataFrom(output, source), source);
    });
    comparisons.push(...found.map((one) => ({ ...one, case: `gm ${index} (K ${K}, t ${tSrc})` })));
  }
  for (const [index, golden] of dx.entries()) {
    const { B, N, C, H, W, mode, segment, shift } = golden;
    const inputs = {
      shapes: { velocities: [B, N, C, H * W] },
      values: { velocities: golden.velocities },
    };
    const found = await compute(golden, executor, inputs, queriesOf(golden), ({ velocities }, source) =>
      dxPolicy(velocities!, source, { basis: mode, segment, shift }),
    );
    comparisons.push(...found.map((one) => ({ ...one, case: `dx ${index} (${mode}, N ${N})` })));
  }
  return comparisons;
}

type Places = z.output<typeof gmCase> | z.output<typeof dxCase>;

function queriesOf({ B, C, H, W, queries }: Places): Asked[] {
  return queries.map(({ t, x, velocity }, i) => ({
    name: `queries[${i}]`,
    expected: velocity,
    compute: (policy) => policy(tf.tensor(x, [B, C, H * W]), tf.fill([B], t) as Tensor1D),
  }));
}

async function compute(
  { B, C, H, W, tSrc, xSrc }: Places,
  executor: Executor,
  output: { shapes: Record<string, number[]>; values: Record<string, number[]> },
  asked: readonly Asked[],
  policyOf: (output: Record<string, Tensor>, source: PolicySource) => PolicyVelocity,
): Promise<Omit<PolicyComparison, 'case'>[]> {
  const program = await compileProgram(executor, {
    inputs: {
      xSrc: { shape: [B, C, H * W] },
      ...Object.fromEntries(Object.entries(output.shapes).map(([name, shape]) => [name, { shape }])),
    },
    run: (_, { xSrc: x, ...tensors }) => {
      const source = { x: x!, t: tf.fill([B], tSrc) as Tensor1D };
      const policy = policyOf(tensors, source);
      return {
        outputs: Object.fromEntries(asked.map(({ name, compute: ask }) => [name, ask(policy, source)])),
      };
    },
  });
  const values = Object.entries({ xSrc, ...output.values });
  const found = await program.run(
    Object.fromEntries(values.map(([name, list]) => [name, Float32Array.from(list)])),
  );
  await program.dispose();
  return asked.map(({ name, expected }) => ({ name, relativeError: relativeError(expected, found[name]) }));
}
