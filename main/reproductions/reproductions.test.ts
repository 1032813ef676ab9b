import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairedDistance } from '../metrics/paired-distance.ts';
import { ortCpuExecutor } from '../tensor/executors/ort.ts';
import { reproductionByName, reproductions } from './index.ts';
import { type Arrays, Lab } from './lab.ts';
import { noiseOf } from './noise.ts';
import {
  type Measures,
  type Reproduction,
  defineReproduction,
  every,
  isLess,
  values,
} from './reproduction.ts';
import { type Notebook, type RunOptions, runReproduction } from './run.ts';
import { exactTeacher, taught } from './teacher.ts';

fc.configureGlobal({ seed: 20261122 });

/** Measures the arm's own number, a little apart for each seed. */
const invented: Reproduction = defineReproduction({
  name: 'invented',
  claim: 'Two is more than one.',
  source: 'arithmetic',
  rule: 'Holds if small has less than large.',
  seeds: { quick: [0, 1, 2], full: [0, 1, 2, 3] },
  arms: ['small', 'large'],
  figure: { kind: 'arms', measure: 'size', title: 'Size', log: true },
  run: async (arm, seed) => ({ size: (arm === 'small' ? 1 : 2) + seed / 100 }),
  verdict: (results) => isLess(values(results, 'small', 'size'), values(results, 'large', 'size')),
});

function notebook(): Notebook & { readonly pages: Map<string, Measures> } {
  const pages = new Map<string, Measures>();
  const arrays = new Map<string, Arrays>();
  const devices = new Map<string, string>();
  return {
    pages,
    readArrays: (name) => arrays.get(name) ?? null,
    writeArrays: (name, made) => void arrays.set(name, made),
    read: (arm, seed) => pages.get(`${arm} ${seed}`) ?? null,
    write: (arm, seed, measures, device) => {
      pages.set(`${arm} ${seed}`, measures);
      devices.set(`${arm} ${seed}`, device);
    },
    deviceOf: (arm, seed) => devices.get(`${arm} ${seed}`) ?? null,
  };
}

const optionsWith = (change: Partial<RunOptions> = {}): RunOptions => ({
  isQuick: true,
  executor: ortCpuExecutor(1),
  signal: { aborted: false },
  notebook: notebook(),
  onProgress: () => {},
  ...change,
});

describe('a reproduction', () => {
  it('runs every arm with every seed and judges by its rule', async () => {
    const { report, figure } = await runReproduction(invented, optionsWith());
    expect(report.devices).toEqual([expect.stringMatching(/^ort-cpu \(.+, 1 thread\)$/)]);
    expect(figure).toContain('>Computed on ort-cpu (');
    expect(report).toMatchObject({ name: 'invented', seeds: [0, 1, 2], verdict: 'holds' });
    expect(report.measured['small']!['size']!.values).toEqual([1, 1.01, 1.02]);
    expect(report.measured['large']!['size']!.mean).toBeCloseTo(2.01, 12);
    // Of 0, 0.01 and 0.02: standard deviation 0.01, over the root of three.
    expect(report.measured['large']!['size']!.standardError).toBeCloseTo(0.01 / Math.sqrt(3), 12);
  });

  it('goes on where it was stopped, with what it had measured', async () => {
    const kept = notebook();
    const signal = { aborted: false };
    let asked = 0;
    const counted = {
      ...invented,
      run: async (arm: string, seed: number): Promise<Measures> => {
        asked += 1;
        if (asked === 4) signal.aborted = true;
        return { size: (arm === 'small' ? 1 : 2) + seed / 100 };
      },
    };
    await expect(runReproduction(counted, optionsWith({ notebook: kept, signal }))).rejects.toMatchObject({
      code: 'reproduction/stopped',
    });
    expect(kept.pages.size).toBe(4);
    const finished = await runReproduction(counted, optionsWith({ notebook: kept }));
    expect(asked).toBe(6);
    expect(finished).toEqual(await runReproduction(invented, optionsWith()));
  });

  it('takes other seeds', async () => {
    const { report } = await runReproduction(invented, optionsWith({ seeds: [7, 8, 9, 10] }));
    expect(report.measured['small']!['size']!.values).toEqual([1.07, 1.08, 1.09, 1.1]);
  });

  it('draws the picture of a figure of paths once, when everything is measured', async () => {
    const asked: boolean[] = [];
    const drawn: Reproduction = {
      ...invented,
      figure: {
        kind: 'paths',
        title: 'From noise to data',
        picture: async (_, { isQuick }) => {
          asked.push(isQuick);
          return { sets: [{ name: 'exact flow', paths: Float32Array.of(0, 0, 1, 1), steps: 2 }] };
        },
      },
    };
    const { figure } = await runReproduction(drawn, optionsWith());
    expect(asked).toEqual([true]);
    expect(figure).toContain('exact flow');
  });
});

describe('rules', () => {
  it('a difference holds one way, never both, and equal numbers decide nothing', () => {
    const numbers = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 3, maxLength: 6 });
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const [there, back] = [isLess(a, b), isLess(b, a)];
        expect(there === 'holds').toBe(back === 'does not hold');
        expect(there === 'inconclusive').toBe(back === 'inconclusive');
        expect(isLess(a, a)).toBe('inconclusive');
      }),
    );
    expect(isLess([1, 1.1, 0.9], [2, 2.1, 1.9])).toBe('holds');
    expect(isLess([1, 2, 3], [1.1, 2.1, 3.1])).toBe('inconclusive');
    expect(isLess([NaN, 1, 1], [2, 2, 2])).toBe('inconclusive');
  });

  it('all must hold, and one that does not settles it', () => {
    expect(every(['holds', 'holds'])).toBe('holds');
    expect(every(['holds', 'inconclusive'])).toBe('inconclusive');
    expect(every(['inconclusive', 'does not hold'])).toBe('does not hold');
  });
});

describe('the registry', () => {
  it('has every reproduction once, with a claim, a source, a rule and three seeds', () => {
    expect(new Set(reproductions.map(({ name }) => name)).size).toBe(reproductions.length);
    for (const each of reproductions) {
      expect(each.name).toMatch(/^[a-z]+(-[a-z]+)+$/);
      for (const text of [each.claim, each.source, each.rule]) expect(text.length).toBeGreaterThan(20);
      // All that a figure prints is in its font: Latin letters and the signs of U+2000 to U+206F.
      const printed = [each.claim, each.source, each.rule, each.figure.title, ...each.arms].join('');
      expect(printed).toMatch(/^[\u0020-\u00ff\u2000-\u206f\u2212]*$/);
      expect(each.rule).toMatch(/[Hh]olds if/);
      expect(each.rule).toMatch(/does not hold/);
      for (const seeds of [each.seeds.quick, each.seeds.full]) {
        expect(new Set(seeds).size).toBeGreaterThanOrEqual(3);
      }
      expect(reproductionByName(each.name)).toBe(each);
      // Nothing measured decides nothing in its favour.
      const nothing = Object.fromEntries(each.arms.map((arm) => [arm, [{}, {}, {}]]));
      expect(each.verdict(nothing, { isQuick: false })).not.toBe('holds');
    }
    expect(() => reproductionByName('cold-fusion')).toThrow(/expected one of .*found "cold-fusion"/);
  });
});

describe('the lab', () => {
  it('takes noise where the teacher does, and a policy of the same field comes near', async () => {
    const lab = new Lab(ortCpuExecutor(1), { aborted: false });
    const noise = noiseOf(200, 3);
    const fine = await lab.teacherEnds(exactTeacher, noise, 2, { sampler: 'rk4', steps: 64 });
    const errors: number[] = [];
    for (const steps of [8, 16, 32]) {
      const coarse = await lab.teacherEnds(exactTeacher, noise, 2, { sampler: 'euler', steps });
      errors.push(pairedDistance(coarse, fine));
    }
    // First order: half the step, half the error; where paths part between modes it is less regular.
    expect(errors[0]! / errors[1]!).toBeGreaterThan(1.4);
    expect(errors[1]! / errors[2]!).toBeGreaterThan(1.4);

    const student = await lab.train({
      method: 'piflow',
      params: { batch: 128, width: 48, depth: 2, components: 8, learningRate: 5e-3 },
      source: taught,
      steps: 300,
      seed: 0,
      teacher: exactTeacher,
    });
    // One call of the policy, against two of the teacher: 0.11 and 0.44 here.
    const two = await lab.teacherEnds(exactTeacher, noise, 2, { sampler: 'euler', steps: 2 });
    expect(pairedDistance(await student.sample(noise), fine)).toBeLessThan(0.5 * pairedDistance(two, fine));
    expect((await student.sample(noise, 2)).every(Number.isFinite)).toBe(true);
  });

  it('stops between steps when it is asked to', async () => {
    const lab = new Lab(ortCpuExecutor(1), { aborted: true });
    await expect(
      lab.train({ method: 'drifting', params: { batch: 8, width: 8 }, source: taught, steps: 100, seed: 0 }),
    ).rejects.toMatchObject({ code: 'reproduction/stopped' });
  });
});
