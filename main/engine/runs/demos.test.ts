/** The runs that ship with the program, as a window gets them. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { ViewRequest } from '#contract/frames.ts';
import { openedEngine } from '../testing/opened-engine.ts';

const shipped = fileURLToPath(new URL('../../../resources/demos', import.meta.url));

const isOnDigits = ({ id }: { readonly id: string }): boolean => id.includes('digits');

it('are whole: each is finished, plays its film and shows every view of its method', async () => {
  const { client, warnings } = openedEngine({ demos: shipped });
  const demos = (await client.call('demos.list', {})).filter((demo) => !isOnDigits(demo));
  expect(demos.map(({ id }) => id)).toEqual([
    'demo-1-teacher',
    'demo-2-drifting',
    'demo-3-piflow',
    'demo-4-freeflow',
  ]);
  for (const { id: run, status, step, config, latest } of demos) {
    expect([status, step]).toEqual(['finished', config.steps]);
    // A demo that had learnt nothing would be at 0.2 or above; the data against itself is at 0.0002.
    expect(latest['energyDistance']).toBeLessThan(0.005);
    const { steps } = await client.call('film.index', { run });
    expect([steps[0], steps.at(-1)]).toEqual([0, config.steps]);
    const last = await client.call('film.read', { run, from: steps.length - 1, count: 1 });
    expect(last.positions.every(Number.isFinite)).toBe(true);
    const isStudent = config.teacher !== undefined;
    // Per coordinate; a teacher of 8 Euler steps is at 0.12.
    if (isStudent) expect(latest['teacherRmse']).toBeLessThan(0.03);
    const views: ViewRequest[] =
      config.method === 'drifting'
        ? [
            { kind: 'samples', count: 20 },
            { kind: 'drift', count: 20 },
          ]
        : [
            { kind: 'trajectories', count: 20, nfe: isStudent ? 1 : 8, withTeacher: isStudent },
            { kind: 'velocity', t: 0.5, grid: 4 },
          ];
    for (const view of views) {
      const { arrays } = await client.call('views.compute', { run, view });
      for (const values of Object.values(arrays)) expect(values.every(Number.isFinite)).toBe(true);
    }
  }
  expect(warnings).toEqual([]);
});

it('on digits hold the parameters that samples need, in 16 bits, and students find their teacher', async () => {
  const { client, warnings } = openedEngine({ demos: shipped });
  const demos = (await client.call('demos.list', {})).filter(isOnDigits);
  for (const { id: run, status, step, tags, config, latest } of demos) {
    expect([status, step, tags]).toEqual(['finished', config.steps, ['16-bit weights']]);
    // Of 512 samples; noise is at 60, and the worst of the four at 0.60.
    expect(latest['frechetDistance']).toBeLessThan(0.8);
    const { steps } = await client.call('film.index', { run });
    expect([steps[0], steps.at(-1)]).toEqual([0, config.steps]);
    const isStudent = config.teacher !== undefined;
    const view: ViewRequest =
      config.method === 'drifting'
        ? { kind: 'samples', count: 4, label: 3 }
        : { kind: 'trajectories', count: 4, nfe: isStudent ? 1 : 4, label: 3, withTeacher: isStudent };
    const { arrays } = await client.call('views.compute', { run, view });
    for (const values of Object.values(arrays)) expect(values.every(Number.isFinite)).toBe(true);
  }
  const names = ['5-digits-teacher', '6-digits-freeflow', '7-digits-piflow', '8-digits-drifting'];
  expect(demos.map(({ id }) => id)).toEqual(names.map((name) => `demo-${name}`));
  expect(warnings).toEqual([]);
});
