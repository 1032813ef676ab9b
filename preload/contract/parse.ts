/**
 * Parsing what a person or a peer wrote: one error that names each field, what was expected and what
 * was found.
 */
import { z } from 'zod';
import { WorkbenchError } from './errors.ts';
import { className, pathText } from './rpc/wire-value.ts';

/** One wrong field, in words. */
export interface FieldIssue {
  field: string;
  expected: string;
  found: string;
}

/**
 * Parses a configuration object.
 *
 * @param root  what the fields belong to, e.g. `params`, put before their names
 * @throws WorkbenchError `config/unknown-field` or `config/wrong-value`; `detail` is
 *   `{ field, issues: FieldIssue[] }`, the field being the first wrong one
 */
export function parseFields<S extends z.ZodType>(schema: S, input: unknown, root = ''): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = issuesOf(result.error, schema, input, root);
  const isUnknown = result.error.issues[0]?.code === 'unrecognized_keys';
  throw new WorkbenchError(isUnknown ? 'config/unknown-field' : 'config/wrong-value', sentenceOf(issues), {
    field: issues[0]?.field,
    issues,
  });
}

/** Every issue of a failed parse as field, expectation and finding. @param root  as in parseFields */
export function issuesOf(error: z.ZodError, schema: z.ZodType, input: unknown, root = ''): FieldIssue[] {
  const fieldAt = (path: readonly PropertyKey[]) =>
    pathText(root === '' ? path : [root, ...path], 'the input');
  return error.issues.flatMap((issue) => described(issue, schema, input, fieldAt));
}

/** The first three issues in one line. */
export function sentenceOf(issues: readonly FieldIssue[]): string {
  const shown = issues
    .slice(0, 3)
    .map((each) => `${each.field}: expected ${each.expected}, found ${each.found}`);
  const rest = issues.length > shown.length ? `; and ${issues.length - shown.length} more` : '';
  return `${shown.join('; ')}${rest}`;
}

function described(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  input: unknown,
  fieldAt: (path: readonly PropertyKey[]) => string,
): FieldIssue[] {
  if (issue.code === 'unrecognized_keys') {
    const known = knownFields(schema, issue.path);
    const expected = known.length === 0 ? 'no fields' : `only ${known.join(', ')}`;
    return issue.keys.map((key) => ({
      field: fieldAt([...issue.path, key]),
      expected,
      found: 'an unknown field',
    }));
  }
  return [
    {
      field: fieldAt(issue.path),
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
  if (origin === 'string') return plural(bound, 'character');
  if (origin === 'array' || origin === 'set' || origin === 'map') return plural(bound, 'item');
  return String(bound);
}

function plural(count: number | bigint, word: string): string {
  return `${count} ${word}${String(count) === '1' ? '' : 's'}`;
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
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value !== 'object' || value === null) return String(value as number | boolean | bigint | null);
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
