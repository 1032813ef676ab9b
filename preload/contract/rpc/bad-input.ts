import type { z } from 'zod';
import { WorkbenchError } from '../errors.ts';
import { issuesOf, sentenceOf } from '../parse.ts';

/**
 * Parses the input of a call with its schema.
 *
 * @throws WorkbenchError `rpc/bad-input`: the message names each field with what was expected and
 *   found; `detail` is `{ name, issues: [{ field, expected, found }] }`
 */
export function parseInput<S extends z.ZodType>(name: string, schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = issuesOf(result.error, schema, input);
  throw new WorkbenchError('rpc/bad-input', `${name}: ${sentenceOf(issues)}`, { name, issues });
}
