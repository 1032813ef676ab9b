import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FormState, refusalsFromError } from './form-state.svelte.ts';
import { fieldsFromSchema, groupsFromFields, rangeText } from './schema.ts';
import type { Field } from './schema.ts';
import { sliderRange, sliderStops, stopFromValue, valueFromStop } from './slider.ts';
import { textFromValue, valueFromText } from './value.ts';

fc.configureGlobal({ seed: 20261122 });

const schema = z.strictObject({
  tau: z.number().min(0.001).max(10).default(0.1).meta({
    label: 'Temperature',
    symbol: '\\tau',
    unit: 'data std',
    scale: 'log',
    group: 'Field',
    help: 'Reach.',
  }),
  batch: z.int().min(1).default(256).meta({ label: 'Batch size', group: 'Training' }),
  logSoftmax: z.boolean().default(true).meta({ group: 'Field' }),
  schedule: z.enum(['constant', 'cosine']).default('cosine'),
  widths: z.array(z.int()).default([256, 256]),
  means: z.array(z.array(z.number())).default([[0, 1]]),
  clip: z.number().positive().nullable().default(null),
  note: z.string().max(4).optional(),
  optimiser: z.strictObject({ learningRate: z.number().positive().lt(1).default(1e-3) }),
});
const fields = fieldsFromSchema(z.toJSONSchema(schema, { io: 'input' }) as Record<string, unknown>);

function field(path: string): Field {
  const found = fields.find((each) => each.path === path);
  if (found === undefined) throw new Error(`no field ${path}`);
  return found;
}

describe('fieldsFromSchema', () => {
  it('reads types, ranges and what the parameter says of itself', () => {
    expect(field('tau')).toMatchObject({
      kind: 'number',
      label: 'Temperature',
      symbol: '\\tau',
      unit: 'data std',
      scale: 'log',
      group: 'Field',
      help: 'Reach.',
      minimum: 0.001,
      maximum: 10,
      defaultValue: 0.1,
    });
    expect(fields.map((each) => [each.path, each.kind])).toEqual([
      ['tau', 'number'],
      ['batch', 'integer'],
      ['logSoftmax', 'boolean'],
      ['schedule', 'choice'],
      ['widths', 'numbers'],
      ['means', 'json'],
      ['clip', 'number'],
      ['note', 'text'],
      ['optimiser.learningRate', 'number'],
    ]);
  });

  it('does not show the limits of a double as a range', () => {
    expect(field('batch').maximum).toBeNull();
    expect(rangeText(field('batch'))).toBe('at least 1');
    expect(rangeText(field('optimiser.learningRate'))).toBe('more than 0 to less than 1');
  });

  it('takes nullable and open bounds apart', () => {
    expect(field('clip')).toMatchObject({
      isNullable: true,
      isMinimumOpen: true,
      minimum: 0,
      defaultValue: null,
    });
  });

  it('groups fields where the first of a group stands', () => {
    expect(groupsFromFields(fields).map((group) => group.title)).toEqual([
      'Field',
      'Training',
      null,
      'Optimiser',
    ]);
  });
});

describe('valueFromText', () => {
  it('gives back every default', () => {
    for (const each of fields) {
      const parsed = valueFromText(each, textFromValue(each, each.defaultValue));
      expect(parsed).toEqual({ ok: true, value: each.defaultValue });
    }
  });

  it('agrees with the schema on numbers', () => {
    fc.assert(
      fc.property(fc.double({ min: -20, max: 20, noNaN: true }), (value) => {
        const isValid = z.number().min(0.001).max(10).safeParse(value).success;
        expect(valueFromText(field('tau'), String(value)).ok).toBe(isValid);
      }),
    );
  });

  it('says what it expected and what it found', () => {
    expect(valueFromText(field('tau'), '11')).toEqual({
      ok: false,
      message: 'Expected a number, 0.001 to 10, found 11',
    });
    expect(valueFromText(field('batch'), '1.5')).toMatchObject({ ok: false });
    expect(valueFromText(field('batch'), 'many')).toMatchObject({ ok: false });
    expect(valueFromText(field('schedule'), 'linear')).toMatchObject({ ok: false });
    expect(valueFromText(field('widths'), '8, x')).toMatchObject({ ok: false });
    expect(valueFromText(field('means'), '[[1')).toMatchObject({ ok: false });
    expect(valueFromText(field('note'), 'too long')).toMatchObject({ ok: false });
  });
});

describe('sliders', () => {
  it('set a value that lies within their ends and come back to their stop', () => {
    const tau = sliderRange(field('tau'));
    if (tau === null) throw new Error('tau has two ends');
    expect(tau.isLog).toBe(true);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: sliderStops }), (stop) => {
        const value = valueFromStop(tau, stop, false);
        expect(value).toBeGreaterThanOrEqual(tau.low);
        expect(value).toBeLessThanOrEqual(tau.high);
        expect(stopFromValue(tau, value)).toBe(stop);
      }),
    );
  });
});

describe('FormState', () => {
  it('begins with the defaults and makes an object that the schema accepts', () => {
    const form = new FormState(fields, { schedule: 'constant' });
    expect(schema.parse(form.values())).toMatchObject({
      schedule: 'constant',
      optimiser: { learningRate: 1e-3 },
    });
    expect(form.firstInvalid).toBeNull();
    form.setText(field('tau'), '-1');
    expect(form.firstInvalid?.path).toBe('tau');
  });

  it('shows a refusal of the engine at the field that it names until the field changes', () => {
    const form = new FormState(fields);
    const [refusal] = refusalsFromError({
      code: 'rpc/bad-input',
      message: 'runs.create: ...',
      detail: { issues: [{ field: 'config.params.tau', expected: 'at least 1', found: '0.1' }] },
    });
    expect(refusal).toEqual({ path: 'params.tau', message: 'Expected at least 1, found 0.1' });
    expect(form.refuse('tau', 'Expected at least 1')).toBe(true);
    expect(form.error(field('tau'))).toBe('Expected at least 1');
    form.setText(field('tau'), '2');
    expect(form.error(field('tau'))).toBeNull();
    expect(form.refuse('unknown', 'x')).toBe(false);
  });
});
