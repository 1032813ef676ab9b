import { describe, expect, it } from 'vitest';
import { runColours } from './run-colours.ts';

function run(id: string, method: string, createdAt: string) {
  return { id, createdAt, config: { method } };
}

describe('runColours', () => {
  const runs = [
    run('b', 'drifting', '2026-01-02'),
    run('a', 'drifting', '2026-01-01'),
    run('t', 'teacher', '2026-01-01'),
  ];

  it('gives the oldest run of a method the colour of the method', () => {
    expect(runColours(runs).get('a')).toBe('--run-purple');
    expect(runColours(runs).get('t')).toBe('--data-teacher');
  });

  it('tells runs of one method apart', () => {
    expect(runColours(runs).get('b')).not.toBe(runColours(runs).get('a'));
  });

  it('leaves colours alone when a run is added', () => {
    const before = runColours(runs);
    const after = runColours([run('c', 'drifting', '2026-01-03'), ...runs]);
    for (const [id, colour] of before) expect(after.get(id)).toBe(colour);
  });
});
