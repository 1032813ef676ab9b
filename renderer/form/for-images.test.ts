import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { MethodEntry } from '#contract/catalog.ts';
import { isOfNetwork, methodSchemaFor, runSchemaFor } from './for-images.ts';
import { FormState } from './form-state.svelte.ts';
import { fieldsFromSchema } from './schema.ts';

const params = z.toJSONSchema(
  z.object({
    batch: z.int().default(512).meta({ group: 'Training' }),
    conditional: z.boolean().default(false),
    network: z.enum(['auto', 'mlp', 'dit']).default('auto').meta({ group: 'Network' }),
    width: z.int().default(256).meta({ group: 'Network' }),
    patch: z.int().default(2).meta({ group: 'Transformer' }),
  }),
  { io: 'input' },
) as Record<string, unknown>;
const method = { params, imageDefaults: { batch: 128, conditional: true } } as unknown as MethodEntry;

describe('the form of a method', () => {
  it.each([
    [null, { batch: 512, conditional: false }],
    [{}, { batch: 512, conditional: false }],
    [{ shape: [8, 8, 1] }, { batch: 128, conditional: false }],
    [
      { shape: [8, 8, 1], classes: 10 },
      { batch: 128, conditional: true },
    ],
  ])('begins on data %j with what the engine would take', (data, expected) => {
    const form = new FormState(fieldsFromSchema(methodSchemaFor(method, data)));
    expect(form.values()).toMatchObject(expected);
    const batch = form.fields.find(({ path }) => path === 'batch')!;
    expect(form.defaultText(batch)).toBe(String(expected.batch));
  });

  it('shows what belongs to the network that is trained', () => {
    const form = new FormState(fieldsFromSchema(params));
    const shown = (isImage: boolean): string[] =>
      form.fields.filter((field) => isOfNetwork(form, field, isImage)).map(({ path }) => path);
    expect(shown(false)).toEqual(['batch', 'conditional', 'network', 'width']);
    expect(shown(true)).toEqual(['batch', 'conditional', 'network', 'patch']);
    form.setText(form.fields[2]!, 'mlp');
    expect(shown(true)).toEqual(shown(false));
  });

  it('asks for fewer steps on images', () => {
    const schema = { properties: { steps: { type: 'integer', default: 2000 } } };
    expect(runSchemaFor(schema, { shape: [8, 8, 1] })).toEqual({
      properties: { steps: { type: 'integer', default: 1500 } },
    });
    expect(runSchemaFor(schema, {})).toBe(schema);
  });
});
