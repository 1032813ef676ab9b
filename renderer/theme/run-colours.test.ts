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

  it('tells the first seven runs apart, and none takes the colour of another method', () => {
    const many = [
      run('t', 'teacher', '1'),
      ...['2', '3', '4'].map((day) => run(`t${day}`, 'teacher', day)),
      ...['5', '6', '7'].map((day) => run(`d${day}`, 'drifting', day)),
    ];
    const colours = runColours(many);
    expect(colours.get('d5')).toBe('--run-purple');
    expect(new Set(colours.values()).size).toBe(7);
  });

  it('leaves colours alone when a run is added', () => {
    const before = runColours(runs);
    const after = runColours([run('c', 'drifting', '2026-01-03'), ...runs]);
    for (const [id, colour] of before) expect(after.get(id)).toBe(colour);
  });
});
