import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { DitConfig } from '#contract/networks.ts';
import { evaluate } from '../../maths/policy/testdata/evaluate.ts';
import { referenceExecutor } from '../../tensor/executors/tfjs.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { ditShapes, initDitImage } from './dit-shapes.ts';
import { applyDitGrid, applyDitImage, applyDitMixture } from './image-dit.ts';
import { type Fixture, readFixture, relativeDistance } from './testdata/tensor-file.ts';

type Named = Record<string, Tensor>;

const fixture = (name: string): Fixture<DitConfig> =>
  readFixture(new URL(`testdata/${name}.safetensors`, import.meta.url));

/** The network of a config, whatever its head, by the names of its outputs. */
function applied(config: DitConfig, given: Named): Named {
  const args = [config, given, given['x']!, given['t'] as Tensor1D, (given['labels'] as Tensor1D) ?? null];
  const call = args as Parameters<typeof applyDitMixture>;
  if (config.head.kind === 'gm') return { ...applyDitMixture(...call) };
  return config.head.kind === 'dx'
    ? { velocities: applyDitGrid(...call) }
    : { field: applyDitImage(...call) };
}

/** A small network as it is initialised, on random images. */
function fresh(change: Partial<DitConfig> = {}) {
  const { config: small, inputs } = fixture('field');
  const config: DitConfig = { ...small, ...change };
  const parameters = initDitImage(config, new Rng(3, 'init'));
  const shapes = ditShapes(config);
  const given = Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => [name, [shapes[name]!, values] as const]),
  );
  return { config, parameters, given: { ...given, ...inputs } };
}

/** Six digits of float32 through two blocks: ten times what was measured. */
const TOLERANCE = 1e-5;

describe('the image DiT', () => {
  it.each(['field', 'field-own-embeddings', 'mixture', 'grid'])(
    'answers as PyTorch does: %s',
    async (name) => {
      const { config, parameters, inputs, outputs } = fixture(name);
      const shapes = Object.fromEntries(Object.entries(parameters).map(([key, [shape]]) => [key, shape]));
      expect(shapes).toEqual(ditShapes(config));
      const found = await evaluate({ ...parameters, ...inputs }, (given) => applied(config, given));
      expect(Object.keys(found)).toEqual(Object.keys(outputs));
      for (const [key, [, wanted]] of Object.entries(outputs)) {
        expect(relativeDistance(found[key]!, wanted), key).toBeLessThan(TOLERANCE);
      }
    },
  );

  it('is computed by the compiled executor as by the reference', async () => {
    const { config, parameters, inputs } = fixture('mixture');
    const given = { ...parameters, ...inputs };
    const compiled = await evaluate(given, (tensors) => applied(config, tensors));
    const program = await compileProgram(referenceExecutor(), {
      inputs: Object.fromEntries(Object.entries(given).map(([key, [shape]]) => [key, { shape: [...shape] }])),
      run: (_, tensors) => ({ outputs: applied(config, tensors) }),
    });
    const arrays = Object.entries(given).map(([key, [, values]]) => [key, Float32Array.from(values)]);
    const reference = await program.run(Object.fromEntries(arrays) as Record<string, Float32Array>);
    for (const key of Object.keys(reference)) {
      expect(relativeDistance(compiled[key]!, reference[key]!), key).toBeLessThan(TOLERANCE);
    }
    await program.dispose();
  });

  it('is zero at the start', async () => {
    const { config, given } = fresh();
    const { field } = await evaluate(given, (tensors) => applied(config, tensors));
    expect(field!.every((value) => value === 0)).toBe(true);
  });

  it('has blocks that are the identity at the start', async () => {
    const answer = async (depth: number) => {
      const { config, parameters, given } = fresh({ depth });
      const last = parameters['final.linear.weight']!;
      new Rng(4, 'last').fillNormal(last);
      const { field } = await evaluate(given, (tensors) => applied(config, tensors));
      return field!;
    };
    const [one, three] = [await answer(1), await answer(3)];
    // The layers after the first block take other draws, but none of them is heard.
    expect(three).toEqual(one);
    expect(one.some((value) => value !== 0)).toBe(true);
  });

  it('hears the time and the class of each image, and no other image', async () => {
    const { config, parameters, inputs } = fixture('field');
    const [, t] = inputs['t']!;
    const answer = async (change: Record<string, readonly [readonly number[], ArrayLike<number>]>) =>
      (await evaluate({ ...parameters, ...inputs, ...change }, (tensors) => applied(config, tensors)))[
        'field'
      ]!;
    const base = await answer({});
    const changed = await answer({ t: [[3], [t[0]!, 250, t[2]!]], labels: [[3], [config.classes, 0, 1]] });
    const size = base.length / 3;
    const differs = [0, 1, 2].map((b) =>
      base.slice(b * size, (b + 1) * size).some((value, i) => value !== changed[b * size + i]),
    );
    expect(differs).toEqual([false, true, true]);
  });

  it('keeps what its spread learns out of the trunk', async () => {
    const { config, parameters, inputs } = fixture('mixture');
    const { trunk, head } = await evaluate({ ...parameters, ...inputs }, (given) => {
      const slope = (name: string): Tensor =>
        tf.grad((value: Tensor) => tf.sum(applied(config, { ...given, [name]: value })['logStd']!))(
          given[name]!,
        );
      return { trunk: slope('time.2.weight'), head: slope('logStd.0.weight') };
    });
    expect(trunk.every((value) => value === 0)).toBe(true);
    expect(head.some((value) => value !== 0)).toBe(true);
  });

  it('names the head that it has where another is asked for', () => {
    const { config } = fixture('mixture');
    const call = [config, {}, null!, null!, null] as unknown as Parameters<typeof applyDitGrid>;
    expect(() => applyDitImage(...call)).toThrow('head: expected field, found gm');
    expect(() => applyDitGrid(...call)).toThrow('head: expected dx, found gm');
  });
});
