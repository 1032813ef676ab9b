/**
 * What every method must be, checked for all of the registry: a new one is tested by being listed.
 * That it trains is tested in the room above, beside the trainer.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { produces } from '#contract/catalog.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { viewRequest } from '#contract/frames.ts';
import { GaussianMixture, mixtureVelocityField } from '../maths/gaussian-mixture.ts';
import { Rng } from '../tensor/rng.ts';
import { sizeOf } from '../tensor/shape.ts';
import { trace } from '../tensor/trace.ts';
import { methodById, methods, parseMethodParams } from './index.ts';
import type { BoundMethod, Method } from './method.ts';

/** What distillations learn from here. */
const teacher = () =>
  mixtureVelocityField(
    new GaussianMixture({
      means: [
        [1, 0],
        [-1, 0.5],
      ],
      stds: [0.3, 0.3],
    }),
  );

/** Points, but for a method that wants images. */
function sampleShapeOf(method: Method): number[] {
  return method.produces === 'features' ? [8, 8, 1] : [2];
}

function bound(method: Method): BoundMethod {
  return method.bind(parseMethodParams(method, {}), {
    sampleShape: sampleShapeOf(method),
    totalSteps: 10,
    teacher: method.needsTeacher ? teacher : null,
    classes: 2,
  });
}

/** Every field of a schema as JSON Schema describes it. */
function fieldsOf(method: Method): [string, Record<string, unknown>][] {
  const { properties = {} } = z.toJSONSchema(method.params, { io: 'input' });
  return Object.entries(properties) as [string, Record<string, unknown>][];
}

it('names every method once', () => {
  const ids = methods.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) {
    expect(id).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(methodById(id).id).toBe(id);
  }
});

it('says which methods there are when one is unknown', () => {
  expect(() => methodById('diffusion')).toThrow(
    expect.objectContaining({
      code: 'method/unknown',
      message: expect.stringContaining(methods.map(({ id }) => id).join(', ')) as string,
    }),
  );
});

describe.each(methods.map((method) => [method.id, method] as const))('%s', (_, method) => {
  it('describes itself', () => {
    for (const text of [method.title, method.summary, method.reference, method.equation]) {
      expect(text.trim()).not.toBe('');
    }
    expect(produces.options).toContain(method.produces);
    const kinds = viewRequest.options.map((option) => option.shape.kind.value);
    // What makes no samples has nothing to show of them.
    expect(method.views.length > 0).toBe(method.produces !== 'features');
    for (const view of method.views) expect(kinds).toContain(view);
  });

  it('has a label and a default for every parameter, which a form can show', () => {
    const fields = fieldsOf(method);
    expect(fields.map(([name]) => name)).toEqual(Object.keys(method.params.shape));
    for (const [name, { label, default: byDefault, type }] of fields) {
      expect(label, name).toMatch(/^[A-Z][^:]*$/);
      expect(byDefault, name).toBeDefined();
      expect(type, name).toMatch(/^(number|integer|string|boolean|array)$/);
    }
    // Two flags or labels of one name could not be told apart.
    const labels = fields.map(([, { label }]) => label);
    expect(new Set(labels).size).toBe(labels.length);
    expect(parseMethodParams(method, {})).toEqual(
      Object.fromEntries(fields.map(([name, field]) => [name, field['default']])),
    );
  });

  it('refuses a parameter that it does not have', () => {
    expect(() => parseMethodParams(method, { learningRat: 1 })).toThrow(
      expect.objectContaining({
        code: 'config/unknown-field',
        message: expect.stringContaining('params.learningRat') as string,
      }),
    );
  });

  it('refuses every number outside its range, naming it', () => {
    const bounds = fieldsOf(method).flatMap(([name, field]) => [
      ...['minimum', 'exclusiveMinimum'].flatMap((key) =>
        typeof field[key] === 'number' ? [[name, field[key] - 1] as const] : [],
      ),
      ...['maximum', 'exclusiveMaximum'].flatMap((key) =>
        typeof field[key] === 'number' ? [[name, field[key] + 1] as const] : [],
      ),
    ]);
    expect(bounds.length).toBeGreaterThan(0);
    for (const [name, value] of bounds) {
      let thrown: unknown;
      try {
        parseMethodParams(method, { [name]: value });
      } catch (error) {
        thrown = error;
      }
      expect(thrown, `${name} = ${value}`).toBeInstanceOf(WorkbenchError);
      const { code, message } = thrown as WorkbenchError;
      expect(code).toBe('config/wrong-value');
      expect(message).toContain(`params.${name}: expected`);
    }
  });

  it('lays out its state without gaps and starts it in that layout', () => {
    const { layout, sampledState, init } = bound(method);
    const state = init(new Rng(3, 'init'));
    expect(Object.keys(state).sort()).toEqual(Object.keys(layout).sort());
    for (const [name, packing] of Object.entries(layout)) {
      let offset = 0;
      for (const leaf of packing.leaves) {
        expect(leaf.offset).toBe(offset);
        offset += sizeOf(leaf.shape);
      }
      expect(packing.size).toBe(offset);
      const names = packing.leaves.map((leaf) => leaf.name);
      expect(new Set(names).size).toBe(names.length);
      expect(state[name]!.length).toBe(packing.size);
      expect(state[name]!.every(Number.isFinite)).toBe(true);
    }
    for (const name of sampledState) expect(Object.keys(layout)).toContain(name);
    expect(init(new Rng(3, 'init'))).toEqual(state);
  });

  it('samples as what it says it produces, from its sampled state alone', () => {
    const { layout, sampledState, sampleable, noiseShape, nfePerCall, fields } = bound(method);
    const specs = Object.fromEntries(sampledState.map((name) => [name, { shape: [layout[name]!.size] }]));
    const shapes: Record<string, number[]> = {};
    const sampleShape = sampleShapeOf(method);
    let width = 0;
    trace(
      {
        ...specs,
        noise: { shape: [5, ...noiseShape] },
        t: { shape: [5] },
        data: { shape: [5, ...sampleShape] },
      },
      (inputs) => {
        const state = Object.fromEntries(sampledState.map((name) => [name, inputs[name]!]));
        const made = sampleable(state);
        expect(made.kind).toBe(method.produces);
        expect(made.shape).toEqual(sampleShape);
        expect(made.nfePerCall).toBe(nfePerCall);
        const outputs: Record<string, Tensor> = {};
        if (made.kind === 'generator') outputs['samples'] = made.generate(inputs['noise']!);
        if (made.kind === 'velocity')
          outputs['samples'] = made.velocity(inputs['noise']!, inputs['t'] as never);
        if (made.kind === 'flowMap') outputs['samples'] = made.map(inputs['noise']!, inputs['t'] as never);
        if (made.kind === 'policy') {
          const t = inputs['t'] as never;
          const parameters = made.parameters(inputs['noise']!, t);
          outputs['samples'] = made.velocity(parameters, inputs['noise']!, t, inputs['noise']!, t);
        }
        if (made.kind === 'features') {
          width = made.width;
          outputs['features'] = made.vector(inputs['data']!);
        }
        if (fields?.drift) {
          const { samples, attract, repel } = fields.drift(state, inputs['noise']!, inputs['data']!, null);
          Object.assign(outputs, { drifting: samples, attract, repel });
        }
        for (const [name, tensor] of Object.entries(outputs)) shapes[name] = tensor.shape;
        return outputs;
      },
    );
    if (method.produces === 'features') expect(shapes['features']).toEqual([5, width]);
    else expect(shapes['samples']).toEqual([5, 2]);
    const hasDrift = method.views.includes('drift');
    expect(fields?.drift !== undefined).toBe(hasDrift);
    if (hasDrift) expect(shapes).toMatchObject({ drifting: [5, 2], attract: [5, 2], repel: [5, 2] });
  });
});
