import { rangeText } from './schema.ts';
import type { Field } from './schema.ts';

/** Undefined means that the field is left out, and the engine's default holds. */
export type Parsed = { ok: true; value: unknown } | { ok: false; message: string };

/** What an input element shows for a value. */
export function textFromValue(field: Field, value: unknown): string {
  if (value === undefined || value === null) return field.kind === 'boolean' ? 'false' : '';
  if (field.kind === 'numbers' && Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Reads what a person typed. The engine parses again: this is for an answer while they type. */
export function valueFromText(field: Field, typed: string): Parsed {
  const text = typed.trim();
  if (text === '' && field.kind !== 'boolean') {
    if (field.isNullable) return { ok: true, value: null };
    if (field.isRequired && field.defaultValue === undefined) return wrong(`Expected ${expected(field)}`);
    return { ok: true, value: undefined };
  }
  switch (field.kind) {
    case 'boolean':
      return { ok: true, value: text === 'true' };
    case 'choice': {
      const option = field.options.find((each) => String(each) === text);
      return option === undefined
        ? wrong(`Expected one of ${field.options.join(', ')}`)
        : { ok: true, value: option };
    }
    case 'text':
      return field.maxLength !== null && text.length > field.maxLength
        ? wrong(`Expected at most ${field.maxLength} characters, found ${text.length}`)
        : { ok: true, value: text };
    case 'number':
    case 'integer': {
      const value = Number(text);
      return isAllowed(field, value)
        ? { ok: true, value }
        : wrong(`Expected ${expected(field)}, found ${text}`);
    }
    case 'numbers': {
      const parts = text.split(/[\s,;]+/).filter((part) => part !== '');
      const odd = parts.find((part) => !Number.isFinite(Number(part)));
      return odd === undefined
        ? { ok: true, value: parts.map(Number) }
        : wrong(`Expected numbers separated by commas, found ${odd}`);
    }
    case 'json':
      try {
        return { ok: true, value: JSON.parse(text) as unknown };
      } catch {
        return wrong('Expected JSON, such as [[0, 1], [2, 3]]');
      }
    default:
      return field.kind satisfies never;
  }
}

function isAllowed(field: Field, value: number): boolean {
  if (!Number.isFinite(value)) return false;
  if (field.kind === 'integer' && !Number.isInteger(value)) return false;
  const { minimum, maximum } = field;
  if (minimum !== null && (field.isMinimumOpen ? value <= minimum : value < minimum)) return false;
  return maximum === null || (field.isMaximumOpen ? value < maximum : value <= maximum);
}

function expected(field: Field): string {
  if (field.kind !== 'number' && field.kind !== 'integer') return 'a value';
  const range = rangeText(field);
  return `a ${field.kind === 'integer' ? 'whole number' : 'number'}${range === null ? '' : `, ${range}`}`;
}

function wrong(message: string): Parsed {
  return { ok: false, message };
}
