import type { RunSummary } from '#contract/runs.ts';
import { statusText } from './status-text.ts';

const fields = ['tag', 'method', 'data', 'status', 'name'] as const;
type SearchField = (typeof fields)[number];

/** What a search asks for; a run must answer all of it. */
export interface RunSearch {
  /** Lower case; looked for in everything. */
  readonly words: readonly string[];
  /** Looked for in one fact, e.g. `tag:baseline`. */
  readonly facts: readonly { readonly field: SearchField; readonly value: string }[];
}

/** Reads a search: free words, `tag:x`, `method:x`, `data:x`, `status:x`, `name:x`; quotes keep spaces together. */
export function searchFromText(text: string): RunSearch {
  const words: string[] = [];
  const facts: { field: SearchField; value: string }[] = [];
  for (const [, name, quoted, plain] of text.toLowerCase().matchAll(/(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))/g)) {
    const value = (quoted ?? plain ?? '').trim();
    const field = fields.find((each) => each === name);
    if (field !== undefined) facts.push({ field, value });
    else if (name !== undefined) words.push(`${name}:${value}`);
    else if (/^[a-z]+:$/.test(value) && fields.some((each) => `${each}:` === value)) continue;
    else if (value !== '') words.push(value);
  }
  return { words, facts: facts.filter(({ value }) => value !== '') };
}

/** Whether a run answers a search. */
export function isFound(run: RunSummary, { words, facts }: RunSearch): boolean {
  if (words.length === 0 && facts.length === 0) return true;
  const found = factsOf(run);
  return (
    facts.every(({ field, value }) => found[field].some((each) => each.includes(value))) &&
    words.every((word) => fields.some((field) => found[field].some((each) => each.includes(word))))
  );
}

function factsOf(run: RunSummary): Record<SearchField, string[]> {
  return {
    name: [run.name.toLowerCase()],
    tag: run.tags.map((tag) => tag.toLowerCase()),
    method: [run.config.method.toLowerCase()],
    data: [run.config.dataset.id.toLowerCase()],
    status: [statusText(run.status).toLowerCase()],
  };
}
