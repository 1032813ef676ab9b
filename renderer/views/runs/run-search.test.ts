import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunSummary } from '#contract/runs.ts';
import { runStatus } from '#contract/runs.ts';
import { runSummary } from '../../testing/fake-engine.ts';
import { isFound, searchFromText } from './run-search.ts';

fc.configureGlobal({ seed: 20261122 });

const word = fc.stringMatching(/^[a-z0-9]{1,6}$/);
const run = fc
  .record({
    name: fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(' ')),
    tags: fc.array(word, { maxLength: 3 }),
    method: fc.constantFrom('teacher', 'drifting'),
    data: word,
    status: fc.constantFrom(...runStatus.options),
  })
  .map(({ name, tags, method, data, status }): RunSummary => {
    const made = runSummary('a', { name, tags, status });
    return { ...made, config: { ...made.config, method, dataset: { id: data, params: {} } } };
  });

function finds(text: string, each: RunSummary): boolean {
  return isFound(each, searchFromText(text));
}

describe('the search for runs', () => {
  it('finds every run by each of its facts, alone and together', () => {
    fc.assert(
      fc.property(run, (each) => {
        const facts = [
          `name:"${each.name}"`,
          ...each.tags.map((tag) => `tag:${tag}`),
          `method:${each.config.method}`,
          `data:${each.config.dataset.id}`,
          `status:${each.status}`,
        ];
        for (const fact of facts) expect(finds(fact, each), fact).toBe(true);
        expect(finds(facts.join(' '), each)).toBe(true);
        for (const free of [...each.name.split(' '), ...each.tags, each.config.method, each.status])
          expect(finds(free.toUpperCase(), each), free).toBe(true);
      }),
    );
  });

  it('finds no more when a term is added', () => {
    const term = fc.oneof(
      word,
      word.map((value) => `tag:${value}`),
      word.map((value) => `data:${value}`),
      fc.constantFrom('method:teacher', 'status:run'),
    );
    fc.assert(
      fc.property(run, fc.array(term, { maxLength: 3 }), term, (each, terms, more) => {
        if (finds([...terms, more].join(' '), each)) expect(finds(terms.join(' '), each)).toBe(true);
      }),
    );
  });

  it('looks for a fact nowhere else', () => {
    const each = runSummary('a', { name: 'baseline', tags: ['keep'] });
    expect(finds('tag:baseline', each)).toBe(false);
    expect(finds('tag:keep', each)).toBe(true);
  });

  it('takes half-typed and unknown terms as they stand', () => {
    const each = runSummary('a', { name: 'lr:3 test' });
    expect(finds('tag:', each)).toBe(true);
    expect(finds('lr:3', each)).toBe(true);
    expect(finds('"lr:3 te', each)).toBe(true);
    expect(finds('', each)).toBe(true);
  });
});
