import type { JsonSchema } from '#contract/catalog.ts';
import type { WireError } from '#contract/errors.ts';
import { fieldsFromSchema, groupsFromFields } from './schema.ts';
import type { Field } from './schema.ts';
import { textFromValue, valueFromText } from './value.ts';

/** The texts in the inputs of one form and what is wrong with them. */
export class FormState {
  readonly fields: readonly Field[];
  readonly groups;
  #texts: Record<string, string>;
  /** Errors of the engine by field path; typing in a field takes its error away. */
  #refusals = $state<Record<string, string>>({});

  constructor(fields: readonly Field[], values: Readonly<Record<string, unknown>> = {}) {
    this.fields = fields;
    this.groups = groupsFromFields(fields);
    const texts = fields.map((field): [string, string] => [
      field.path,
      textFromValue(field, valueAt(values, field.path) ?? field.defaultValue),
    ]);
    this.#texts = $state<Record<string, string>>(Object.fromEntries(texts));
  }

  text(field: Field): string {
    return this.#texts[field.path] ?? '';
  }

  setText(field: Field, text: string): void {
    this.#texts[field.path] = text;
    delete this.#refusals[field.path];
  }

  error(field: Field): string | null {
    const parsed = valueFromText(field, this.text(field));
    if (!parsed.ok) return parsed.message;
    return this.#refusals[field.path] ?? null;
  }

  defaultText(field: Field): string {
    return textFromValue(field, field.defaultValue);
  }

  get firstInvalid(): Field | null {
    return this.fields.find((field) => !valueFromText(field, this.text(field)).ok) ?? null;
  }

  /** The values as the schema has them; fields that are left out are not in it. */
  values(): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const field of this.fields) {
      const parsed = valueFromText(field, this.text(field));
      if (parsed.ok && parsed.value !== undefined) setValueAt(result, field.path, parsed.value);
    }
    return result;
  }

  /** Shows the engine's refusal of a field. @returns whether this form has that field */
  refuse(path: string, message: string): boolean {
    const field = this.fields.find((each) => path === each.path || path.startsWith(`${each.path}.`));
    if (field === undefined) return false;
    this.#refusals[field.path] = message;
    return true;
  }
}

interface FormOptions {
  /** Fields, by their first key, that are shown in another way. */
  except?: readonly string[];
  /** Values to begin with, where they are not the defaults. */
  values?: Readonly<Record<string, unknown>> | undefined;
}

/** The form of a schema; null where there is nothing to fill in. */
export function formFromSchema(
  schema: JsonSchema | null,
  { except = [], values }: FormOptions = {},
): FormState | null {
  if (schema === null) return null;
  const fields = fieldsFromSchema(schema).filter((field) => !except.includes(field.path.split('.')[0] ?? ''));
  return fields.length === 0 ? null : new FormState(fields, values);
}

/** A field that an error names, and what it says of it. */
export interface FieldRefusal {
  /** Path from the root of the run's config, without `config.`; e.g. `params.tau`. */
  path: string;
  message: string;
}

/** The fields that an error of the engine names in its detail. */
export function refusalsFromError(error: WireError): FieldRefusal[] {
  const detail = isRecord(error.detail) ? error.detail : {};
  const issues = Array.isArray(detail['issues']) ? detail['issues'] : [detail];
  return issues.flatMap((issue: unknown) => {
    if (!isRecord(issue)) return [];
    const path = pathOf(issue['field'] ?? issue['path']);
    if (path === null) return [];
    const { expected, found, message } = issue;
    const sentence =
      typeof message === 'string'
        ? message
        : typeof expected !== 'string'
          ? error.message
          : `Expected ${expected}${typeof found === 'string' ? `, found ${found}` : ''}`;
    return [{ path: path.replace(/^config\./, ''), message: sentence }];
  });
}

function pathOf(value: unknown): string | null {
  if (Array.isArray(value)) return value.join('.');
  return typeof value === 'string' && value !== '' ? value.replaceAll(/\[(\d+)\]/g, '.$1') : null;
}

function valueAt(values: Readonly<Record<string, unknown>>, path: string): unknown {
  let value: unknown = values;
  for (const key of path.split('.')) value = isRecord(value) ? value[key] : undefined;
  return value;
}

function setValueAt(target: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() ?? path;
  let node = target;
  for (const key of keys) {
    const child = node[key];
    const next = isRecord(child) ? child : {};
    node[key] = next;
    node = next;
  }
  node[last] = value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
