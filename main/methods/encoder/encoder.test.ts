/** What encoders refuse, and what their features are; that they learn is tested beside the trainer. */
import { describe, expect, it } from 'vitest';
import type { FeatureMap } from '../../maths/sampleable.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { referenceExecutor } from '../../tensor/executors/tfjs.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { parseMethodParams } from '../index.ts';
import type { BoundMethod } from '../method.ts';
import { encoder } from './index.ts';

const SHAPE = [4, 4, 1];

function bound(params: Record<string, unknown>, sampleShape = SHAPE, classes = 3): BoundMethod {
  const all = parseMethodParams(encoder, { width: 8, stages: [2, 1], batch: 4, ...params });
  return encoder.bind(all, { sampleShape, totalSteps: 10, teacher: null, classes });
}

/** Maps, vector, logits and errors of two images, as far as there are any. */
async function seen(method: BoundMethod, executor: Executor): Promise<Record<string, number[]>> {
  const { size } = method.layout['ema']!;
  const program = await compileProgram(executor, {
    inputs: { ema: { shape: [size] }, x: { shape: [2, ...SHAPE] }, draw: { shape: [2, 4] } },
    run: (_, { ema, x, draw }) => {
      const features = method.sampleable({ ema: ema! }) as FeatureMap;
      const logits = features.logits?.(x!);
      return {
        outputs: {
          ...features.maps(x!),
          vector: features.vector(x!),
          ...(logits && { logits }),
          ...features.masked?.error(x!, draw!),
        },
      };
    },
  });
  const found = await program.run({
    ema: method.init(new Rng(1, 'init'))['ema']!,
    x: new Rng(2, 'x').fillNormal(new Float32Array(32)),
    draw: new Rng(3, 'draw').fillUniform(new Float32Array(8)),
  });
  const copies = Object.fromEntries(Object.entries(found).map(([name, values]) => [name, [...values]]));
  await program.dispose();
  return copies;
}

describe('the features of an encoder', () => {
  it('are alike on the compiled executor and the reference', async () => {
    const [compiled, reference] = [
      await seen(bound({}), ortCpuExecutor(1)),
      await seen(bound({}), referenceExecutor()),
    ];
    expect(Object.keys(reference)).toEqual([
      'conv1',
      'layer1_blk2',
      'layer1',
      'layer2',
      'vector',
      'logits',
      'sum',
      'count',
    ]);
    for (const [name, values] of Object.entries(reference)) {
      const largest = Math.max(...values.map(Math.abs));
      // Float32 sums in another order, through the norms.
      values.forEach((value, i) =>
        expect(Math.abs(value - compiled[name]![i]!), name).toBeLessThan(1e-4 * largest),
      );
    }
  });

  it('are those of what it learns', async () => {
    const reconstructing = await seen(bound({ task: 'reconstruct' }), ortCpuExecutor(1));
    expect(Object.keys(reconstructing)).toEqual(expect.arrayContaining(['sum', 'count']));
    expect(reconstructing).not.toHaveProperty('logits');
    const classifying = await seen(bound({ task: 'classify' }), ortCpuExecutor(1));
    expect(classifying['logits']).toHaveLength(6);
    expect(classifying).not.toHaveProperty('sum');
  });
});

describe('what an encoder learns', () => {
  const names = (method: BoundMethod): string =>
    method.layout['ema']!.leaves.map(({ name }) => name.split('.')[0]!).join();

  it('is both tasks where there are classes, else to reconstruct', () => {
    expect(names(bound({}))).toBe(names(bound({ task: 'both' })));
    expect(bound({}).classes).toBe(3);
    expect(names(bound({}, SHAPE, 0))).toBe(names(bound({ task: 'reconstruct' })));
    expect(bound({}, SHAPE, 0).classes).toBe(0);
    expect(names(bound({ task: 'classify' }))).not.toContain('decoder');
  });

  it('refuses points, classes of none, and squares that do not fit, naming what is wrong', () => {
    const messageOf = (make: () => unknown): { code?: string; message?: string } => {
      try {
        make();
      } catch (error) {
        return error as Error;
      }
      return {};
    };
    expect(messageOf(() => bound({}, [2]))).toMatchObject({
      code: 'config/wrong-value',
      message: 'dataset: expected images for a feature encoder, found points of 2 numbers',
    });
    expect(messageOf(() => bound({ task: 'both' }, SHAPE, 0)).message).toBe(
      'params.task: expected auto or reconstruct, for this data has no classes, found both',
    );
    expect(messageOf(() => bound({ maskSide: 3 })).message).toBe(
      'params.maskSide: expected a divisor of the sides of the images, 4 by 4, found 3',
    );
    // Nothing is hidden from a classifier.
    expect(bound({ task: 'classify', maskSide: 3 }).classes).toBe(3);
  });
});
