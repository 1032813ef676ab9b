import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Condition } from '../../maths/sampleable.ts';
import { evaluate } from '../../maths/policy/testdata/evaluate.ts';
import { type MlpShape, applyMlp, initMlp } from '../../models/mlp/mlp.ts';
import { Rng } from '../../tensor/rng.ts';
import type { TrainedMlp } from '../method.ts';
import { fittingTeacher, networkOfTeacher } from './head-init.ts';
import { params } from './params.ts';
import { policyHead } from './policy-head.ts';

const B = 6;
const K = 5;
const rng = (stream: string) => new Rng(20261122, stream);
const trunk = { inputs: 2, width: 12, depth: 2, timeChannels: 4 };

function teacherOf(classes: number): TrainedMlp {
  const shape: MlpShape = { ...trunk, outputs: 2, classes };
  const parameters = initMlp(shape, rng('teacher'));
  for (const [name, values] of Object.entries(parameters)) {
    if (name.endsWith('bias')) rng(name).fillNormal(values);
  }
  return { shape, parameters };
}

function headOf(policy: 'gm' | 'dx' | 'dx-polynomial') {
  return policyHead(params.parse({ policy, components: K, nfe: 2 }), 2);
}

/** The velocity of a fresh policy at its source, and the teacher's there. */
async function atSource(
  policy: 'gm' | 'dx' | 'dx-polynomial',
  spread: number,
  classes: { readonly teacher: number; readonly student: number } = { teacher: 0, student: 0 },
) {
  const teacher = teacherOf(classes.teacher);
  const head = headOf(policy);
  const shape: MlpShape = { ...trunk, outputs: head.outputs, classes: classes.student };
  const student = networkOfTeacher(shape, head, fittingTeacher(shape, teacher)!, rng('init'), spread);
  const constants = (of: TrainedMlp['parameters']): Record<string, Tensor> =>
    Object.fromEntries(
      Object.entries(of).map(([name, values]) => {
        const isBias = name.endsWith('bias');
        const rows = values.length / (of[name.replace('weight', 'bias')]?.length ?? 1);
        return [name, tf.tensor(values, isBias ? [values.length] : [rows, values.length / rows])];
      }),
    );
  return evaluate(
    {
      x: [[B, 2], rng('x').fillNormal(new Float32Array(B * 2))],
      t: [[B], [1, 0.9, 0.7, 0.5, 0.3, 0.1]],
      label: [[B], [0, 1, 2, 3, 0, 1]],
    },
    ({ x, t, label }) => {
      const condition: Condition | undefined = classes.student > 0 ? { label: label as Tensor1D } : undefined;
      const source = { x: tf.reshape(x!, [B, 2, 1]), t: t as Tensor1D };
      const output = head.read(applyMlp(shape, constants(student), x!, t as Tensor1D, condition));
      return {
        policy: head.policy(output, source)(source.x, source.t),
        teacher: applyMlp(teacher.shape, constants(teacher.parameters), x!, t as Tensor1D, condition),
      };
    },
  );
}

const worst = (a: Float32Array, b: Float32Array) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

describe('a student that starts from its teacher', () => {
  it.each(['gm', 'dx', 'dx-polynomial'] as const)('is the teacher at its source: %s', async (kind) => {
    const { policy, teacher } = await atSource(kind, 0);
    // Velocities of size 1 by way of data and back, which divides by t = 0.1.
    expect(worst(policy, teacher)).toBeLessThan(1e-5);
    expect(worst(teacher, new Float32Array(teacher.length))).toBeGreaterThan(0.1);
  });

  it('is so for every class, and as any class where it knows none', async () => {
    for (const student of [0, 3]) {
      const { policy, teacher } = await atSource('gm', 0, { teacher: 3, student });
      expect(worst(policy, teacher), `${student} classes`).toBeLessThan(1e-5);
    }
  });

  it('has components apart by the noise of their biases', async () => {
    const { policy, teacher } = await atSource('gm', 0.05);
    // The mean of K numbers of std 0.05: five of its deviations.
    expect(worst(policy, teacher)).toBeLessThan((5 * 0.05) / Math.sqrt(K));
    expect(worst(policy, teacher)).toBeGreaterThan(1e-3);
  });

  it.each([
    ['no trained teacher', undefined, {}],
    ['a teacher of another width', teacherOf(0), { width: 13 }],
    ['a teacher of another depth', teacherOf(0), { depth: 1 }],
    ['a teacher of another time scale', teacherOf(0), { timeScale: 10 }],
    ['a teacher of another number of classes', teacherOf(3), { classes: 2 }],
    ['a teacher without classes', teacherOf(0), { classes: 2 }],
  ] as const)('cannot start from %s', (_, teacher, change) => {
    expect(fittingTeacher({ ...trunk, outputs: 7, ...change }, teacher)).toBe(null);
  });

  it('does not touch the teacher', () => {
    const [teacher, untouched] = [teacherOf(3), teacherOf(3)];
    const head = headOf('gm');
    networkOfTeacher({ ...trunk, outputs: head.outputs }, head, teacher, rng('init'));
    expect(teacher).toEqual(untouched);
  });
});
