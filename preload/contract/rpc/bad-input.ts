import { z } from 'zod';
import { WorkbenchError } from '../errors.ts';
import { className, pathText } from './wire-value.ts';

/**
 * Parses the input of a call with its schema.
 *
 * @throws WorkbenchError `rpc/bad-input`: the message names each field with what was expected and
 *   found; `detail` is `{ name, issues: [{ field, expected, found }] }`
 */
export function parseInput<S extends z.ZodType>(name: string, schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues.flatMap((issue) => described(issue, schema, input));
  const shown = issues
    .slice(0, 3)
    .map((each) => `${each.field}: expected ${each.expected}, found ${each.found}`);
  const rest = issues.length > shown.length ? `; and ${issues.length - shown.length} more` : '';
  throw new WorkbenchError('rpc/bad-input', `${name}: ${shown.join('; ')}${rest}`, { name, issues });
}

interface Described {
  field: string;
  expected: string;
  found: string;
}

function described(issue: z.core.$ZodIssue, schema: z.ZodType, input: unknown): Described[] {
  if (issue.code === 'unrecognized_keys') {
    const known = knownFields(schema, issue.path);
    const expected = known.length === 0 ? 'no fields' : `only ${known.join(', ')}`;
    return issue.keys.map((key) => ({
      field: pathText([...issue.path, key]),
      expected,
      found: 'an unknown field',
    }));
  }
  return [
    {
      field: pathText(issue.path, 'the input'),
      expected: expectedBy(issue),
      found: foundAt(input, issue.path),
    },
  ];
}

const typeWords: Record<string, string> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a string',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
};

function expectedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeWords[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `${issue.inclusive === false ? 'more than' : 'at least'} ${amount(issue.minimum, issue.origin)}`;
    case 'too_big':
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${amount(issue.maximum, issue.origin)}`;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? `one of ${issue.options.map(String).join(', ')}`
        : issue.message;
    default:
      return issue.message;
  }
}

function amount(bound: number | bigint, origin: string): string {
  if (origin === 'string') return `${bound} characters`;
  if (origin === 'array' || origin === 'set' || origin === 'map') return `${bound} items`;
  return String(bound);
}

function foundAt(input: unknown, path: readonly PropertyKey[]): string {
  let value = input;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return 'nothing';
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return brief(value);
}

function brief(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 59)}…` : value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return ArrayBuffer.isView(value) ? `${className(value)} of ${value.byteLength} bytes` : 'an object';
}

interface SchemaNode {
  properties?: Record<string, SchemaNode>;
  items?: SchemaNode;
}

/** Field names that the schema has at a path; none where it does not say (a union, a record). */
function knownFields(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let node: SchemaNode | undefined = z.toJSONSchema(schema, {
    unrepresentable: 'any',
    io: 'input',
    reused: 'inline',
  }) as SchemaNode;
  for (const part of path) {
    node = typeof part === 'number' ? node?.items : node?.properties?.[String(part)];
  }
  return Object.keys(node?.properties ?? {});
}
