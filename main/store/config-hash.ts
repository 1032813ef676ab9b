import { createHash } from 'node:crypto';
import { WorkbenchError } from '#contract/errors.ts';

const MAX_DEPTH = 64;

/**
 * SHA-256 of the canonical JSON of a run's config: equal for configs that give the same numbers.
 * The run's name decides no number and is left out.
 *
 * @param config  a plain JSON object as it stands, or will stand, in run.json
 * @throws WorkbenchError `config/not-json` naming the field that JSON cannot hold
 */
export function configHash(config: object): string {
  const numbersOnly = Object.fromEntries(Object.entries(config).filter(([key]) => key !== 'name'));
  return createHash('sha256')
    .update(canonicalJson(numbersOnly, 'config', 0))
    .digest('hex');
}

/** JSON with sorted keys and no spaces; members that are undefined are left out, as JSON does. */
function canonicalJson(value: unknown, where: string, depth: number): string {
  if (depth > MAX_DEPTH) throw notJson(where, `nesting of at most ${MAX_DEPTH} levels`, 'more');
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw notJson(where, 'a finite number', String(value));
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    const items = value.map((item, i) => canonicalJson(item, `${where}[${i}]`, depth + 1));
    return `[${items.join(',')}]`;
  }
  if (typeof value !== 'object') throw notJson(where, 'a JSON value', typeof value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member, `${where}.${key}`, depth + 1)}`);
  return `{${members.join(',')}}`;
}

function notJson(where: string, expected: string, found: string): WorkbenchError {
  return new WorkbenchError('config/not-json', `Expected ${expected} in ${where}, found ${found}.`, {
    where,
    expected,
    found,
  });
}
