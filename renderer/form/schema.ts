import type { JsonSchema } from '#contract/catalog.ts';
import { formatRound, titleFromName } from '../ui/format.ts';

export type FieldKind = 'number' | 'integer' | 'boolean' | 'choice' | 'text' | 'numbers' | 'json';

/** One field of a form, read from a JSON Schema as zod writes it with the `.meta()` of each parameter. */
export interface Field {
  /** Keys from the root of the schema, joined by dots. */
  path: string;
  kind: FieldKind;
  label: string;
  /** KaTeX source. */
  symbol: string | null;
  unit: string | null;
  scale: 'linear' | 'log';
  /** Heading under which the form shows it; null for the first, unnamed group. */
  group: string | null;
  help: string | null;
  minimum: number | null;
  maximum: number | null;
  isMinimumOpen: boolean;
  isMaximumOpen: boolean;
  maxLength: number | null;
  /** Undefined where the schema gives none. */
  defaultValue: unknown;
  isRequired: boolean;
  isNullable: boolean;
  options: readonly (string | number)[];
}

export interface FieldGroup {
  title: string | null;
  fields: Field[];
}

type Node = Record<string, unknown>;

/** Fields of an object schema, in its order; objects inside it are laid flat. */
export function fieldsFromSchema(schema: JsonSchema): Field[] {
  return fieldsOf(schema, '', null);
}

/** Fields under their headings, each heading where its first field stands. */
export function groupsFromFields(fields: readonly Field[]): FieldGroup[] {
  const groups = new Map<string | null, FieldGroup>();
  for (const field of fields) {
    const group = groups.get(field.group) ?? { title: field.group, fields: [] };
    group.fields.push(field);
    groups.set(field.group, group);
  }
  return [...groups.values()];
}

function fieldsOf(schema: Node, prefix: string, group: string | null): Field[] {
  const properties = isNode(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  return Object.entries(properties).flatMap(([key, raw]) => {
    if (!isNode(raw)) return [];
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const { node, isNullable } = withoutNull(raw);
    if (isNode(node['properties'])) {
      return fieldsOf(node, path, text(node['group']) ?? text(node['label']) ?? group ?? titleFromName(key));
    }
    return [fieldOf(path, key, node, { group, isNullable, isRequired: required.includes(key) })];
  });
}

function fieldOf(
  path: string,
  key: string,
  node: Node,
  outer: { group: string | null; isNullable: boolean; isRequired: boolean },
): Field {
  const options = optionsOf(node);
  const openMinimum = bound(node['exclusiveMinimum']);
  const openMaximum = bound(node['exclusiveMaximum']);
  return {
    path,
    kind: kindOf(node, options),
    label: text(node['label']) ?? text(node['title']) ?? titleFromName(key),
    symbol: text(node['symbol']),
    unit: text(node['unit']),
    scale: node['scale'] === 'log' ? 'log' : 'linear',
    group: text(node['group']) ?? outer.group,
    help: text(node['help']) ?? text(node['description']),
    minimum: openMinimum ?? bound(node['minimum']),
    maximum: openMaximum ?? bound(node['maximum']),
    isMinimumOpen: openMinimum !== null,
    isMaximumOpen: openMaximum !== null,
    maxLength: typeof node['maxLength'] === 'number' ? node['maxLength'] : null,
    defaultValue: node['default'],
    isRequired: outer.isRequired,
    isNullable: outer.isNullable,
    options,
  };
}

function kindOf(node: Node, options: readonly unknown[]): FieldKind {
  if (options.length > 0) return 'choice';
  switch (node['type']) {
    case 'number':
    case 'integer':
    case 'boolean':
      return node['type'];
    case 'string':
      return 'text';
    case 'array': {
      const items = isNode(node['items']) ? node['items']['type'] : undefined;
      return items === 'number' || items === 'integer' ? 'numbers' : 'json';
    }
    default:
      return 'json';
  }
}

function optionsOf(node: Node): (string | number)[] {
  const listed: unknown[] = Array.isArray(node['enum'])
    ? (node['enum'] as unknown[])
    : Array.isArray(node['anyOf'])
      ? node['anyOf'].map((each) => (isNode(each) ? each['const'] : undefined))
      : 'const' in node
        ? [node['const']]
        : [];
  const usable = listed.filter((each) => typeof each === 'string' || typeof each === 'number');
  return usable.length === listed.length ? usable : [];
}

/** `x | null` is written as a union; the form shows x and takes an empty field for null. */
function withoutNull(node: Node): { node: Node; isNullable: boolean } {
  const union: unknown[] | null = Array.isArray(node['anyOf']) ? node['anyOf'] : null;
  if (union === null) return { node, isNullable: false };
  const others = union.filter((each) => isNode(each) && each['type'] !== 'null');
  const only = others[0];
  if (others.length === union.length || others.length !== 1 || !isNode(only))
    return { node, isNullable: false };
  return { node: { ...only, ...node, anyOf: undefined }, isNullable: true };
}

/** zod bounds every whole number by what a double holds exactly; that is no limit to show. */
function bound(value: unknown): number | null {
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : null;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The allowed range in words, null where every number is allowed: `0 to 1`, `more than 0`. */
export function rangeText(field: Field): string | null {
  const { minimum, maximum, isMinimumOpen, isMaximumOpen } = field;
  if (minimum !== null && maximum !== null) {
    const low = isMinimumOpen ? `more than ${formatRound(minimum)}` : formatRound(minimum);
    const high = isMaximumOpen ? `less than ${formatRound(maximum)}` : formatRound(maximum);
    return `${low} to ${high}`;
  }
  if (minimum !== null) return `${isMinimumOpen ? 'more than' : 'at least'} ${formatRound(minimum)}`;
  if (maximum !== null) return `${isMaximumOpen ? 'less than' : 'at most'} ${formatRound(maximum)}`;
  return null;
}

/** The line under a field: what it is, and what it may be. */
export function helpText(field: Field): string {
  const range = rangeText(field);
  const hasBothEnds = field.minimum !== null && field.maximum !== null;
  const allowed = range === null ? null : hasBothEnds ? `range ${range}` : range;
  return [field.help, allowed === null ? null : allowed.charAt(0).toUpperCase() + allowed.slice(1)]
    .filter((each) => each !== null)
    .join(' ');
}
