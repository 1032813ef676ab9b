import type { DatasetEntry, JsonSchema, MethodEntry } from '#contract/catalog.ts';
import type { FormState } from './form-state.svelte.ts';
import type { Field } from './schema.ts';

/** Training steps in which a small image model learns what it can, more or less. */
const imageSteps = 1500;

/** A schema whose fields begin elsewhere: what a person sees as the default is what they get. */
function withDefaults(schema: JsonSchema, defaults: Readonly<Record<string, unknown>>): JsonSchema {
  const properties = (schema['properties'] ?? {}) as Record<string, object>;
  const changed = Object.entries(properties).map(([name, property]) => [
    name,
    name in defaults ? { ...property, default: defaults[name] } : property,
  ]);
  return { ...schema, properties: Object.fromEntries(changed) };
}

/** What of the samples decides how a form begins. */
export type SamplesOf = Pick<DatasetEntry, 'shape' | 'classes'>;

/** The parameters of a method with the defaults that hold for the data, as the engine fills them in. */
export function methodSchemaFor({ params, imageDefaults }: MethodEntry, data: SamplesOf | null): JsonSchema {
  if (data?.shape === undefined) return params;
  const { conditional, ...others } = imageDefaults;
  const isAsked = conditional !== undefined && (data.classes ?? 0) > 0;
  return withDefaults(params, isAsked ? { conditional, ...others } : others);
}

/** The rest of a run's settings, likewise. */
export function runSchemaFor(schema: JsonSchema, data: SamplesOf | null): JsonSchema {
  return data?.shape === undefined ? schema : withDefaults(schema, { steps: imageSteps });
}

/** Whether a field says anything about the network that is trained: a plain one, or a transformer of patches. */
export function isOfNetwork(form: FormState, field: Field, isImage: boolean): boolean {
  const choice = form.fields.find(({ path }) => path === 'network');
  if (choice === undefined || field === choice) return true;
  const chosen = form.text(choice);
  const isTransformer = chosen === 'dit' || (chosen !== 'mlp' && isImage);
  return field.group !== (isTransformer ? 'Network' : 'Transformer');
}
