/** The experiments on digits, with networks that learn nothing: their numbers are worth nothing, their laws hold. */
import { describe, expect, it } from 'vitest';
import { ortCpuExecutor } from '../tensor/executors/ort.ts';
import { Rng } from '../tensor/rng.ts';
import { digitsDiversityWith } from './digits-diversity.ts';
import { askedLabels, digitsWith } from './digits-data.ts';
import { DigitsLab } from './digits-lab.ts';
import { digitsMeasures } from './digits-measures.ts';
import { digitsNoiseSearchWith } from './digits-noise-search.ts';
import { digitsSettings } from './digits-settings.ts';
import { digitsTableWith } from './digits-table.ts';
import { driftingAntisymmetryDigitsWith } from './drifting-antisymmetry-digits.ts';
import { driftingEncoderWith } from './drifting-encoder.ts';
import { type Arrays, Lab } from './lab.ts';
import type { Measures, Reproduction, Results } from './reproduction.ts';
import { type RunOptions, runReproduction } from './run.ts';
import { tinyDigits } from './testdata/tiny-digits.ts';

const executor = ortCpuExecutor(1);
const QUICK = { isQuick: true };

function notebook() {
  const pages = new Map<string, Measures>();
  const arrays = new Map<string, Arrays>();
  return {
    pages,
    arrays,
    read: (arm: string, seed: number) => pages.get(`${arm} ${seed}`) ?? null,
    write: (arm: string, seed: number, measures: Measures) => void pages.set(`${arm} ${seed}`, measures),
    deviceOf: () => null,
    readArrays: (name: string) => arrays.get(name) ?? null,
    writeArrays: (name: string, made: Arrays) => void arrays.set(name, made),
  };
}

const run = (reproduction: Reproduction, change: Partial<RunOptions> = {}) =>
  runReproduction(reproduction, {
    isQuick: true,
    seeds: [0],
    executor,
    signal: { aborted: false },
    notebook: notebook(),
    onProgress: () => {},
    ...change,
  });

describe('what digits are held against', () => {
  const digits = digitsWith(digitsSettings.holdout);

  it('training and held-out images are apart, and all of them together', () => {
    const { training, held, all, source } = digits;
    expect(all.length / source.dim).toBe(1797);
    expect(training.labels.length + held.labels.length).toBe(1797);
    expect(held.labels.length).toBe(Math.round(1797 * digitsSettings.holdout));
  });

  it('classes are asked for in the proportions of what is held out, by the seed alone', () => {
    const { labels } = digits.held;
    const asked = askedLabels(digits, labels.length, 3);
    expect([...asked].sort()).toEqual(Array.from(labels).sort());
    expect(askedLabels(digits, 40, 3)).toEqual(asked.slice(0, 40));
    expect(askedLabels(digits, 40, 4)).not.toEqual(asked.slice(0, 40));
  });

  it('copies of training images are found out, and images held out are not', async () => {
    const { training, held } = digits;
    const copies = await digitsMeasures(training.values, Array.from(training.labels), digits);
    expect(copies).toMatchObject({ nearestRatio: 0, memorised: 1 });
    // The nearest held-out image has another class for 2 in 100.
    expect(copies['classAccuracy']).toBeGreaterThan(0.95);
    const real = await digitsMeasures(held.values, null, digits);
    expect(real['nearestRatio']).toBeCloseTo(1, 6);
    expect(real['memorised']).toBeLessThan(0.02);
    expect(real['frechet']).toBeCloseTo(0, 6);
    expect(Object.keys(real)).not.toContain('classAccuracy');
    // What the teacher may be at must be above what the training images are at.
    expect(copies['frechet']).toBeLessThan(0.35);
  });
});

describe('a lab of digits', () => {
  it('trains what several arms share once, and has it again after a stop', async () => {
    const book = notebook();
    const labOf = () => new DigitsLab(new Lab(executor, { aborted: false }, book), tinyDigits, QUICK);
    const lab = labOf();
    const [first, second] = await Promise.all([lab.teacher(0), lab.teacher(0)]);
    expect(second.state['ema']).toBe(first.state['ema']);
    expect([...book.arrays.keys()]).toHaveLength(1);
    const again = await labOf().teacher(0);
    expect([again.state, again.seconds]).toEqual([first.state, Math.fround(first.seconds)]);
    expect((await lab.draw(again, { seed: 1, steps: 2 })).samples).toEqual(
      (await lab.draw(first, { seed: 1, steps: 2 })).samples,
    );
    await lab.teacher(1);
    expect([...book.arrays.keys()]).toHaveLength(2);
  });

  it('samples of any number are the same ones whatever they are drawn with', async () => {
    const lab = new Lab(executor, { aborted: false });
    const digits = new DigitsLab(lab, tinyDigits, QUICK);
    const teacher = await digits.teacher(0);
    const more = new DigitsLab(lab, { ...tinyDigits, count: { full: 700, quick: 700 } }, QUICK);
    const noise = new Rng(0, 'test').fillNormal(new Float32Array(700 * 64));
    const few = await digits.draw(teacher, { seed: 0, steps: 1, noise: noise.slice(0, 40 * 64) });
    const many = await more.draw(teacher, { seed: 0, steps: 1, noise });
    expect(many.samples).toHaveLength(700 * 64);
    // More rows in a program may sum in another order.
    few.samples.forEach((value, i) => expect(many.samples[i]).toBeCloseTo(value, 4));
    expect(many.samples.subarray(-64).every((value) => value !== 0)).toBe(true);
  });
});

describe('the table of digits', () => {
  it('measures every arm at as many samples, and says of each aim whether it is reached', async () => {
    const { report, figure } = await run(digitsTableWith(tinyDigits), { isQuick: false });
    for (const [arm, measures] of Object.entries(report.measured)) {
      const names = ['frechet', 'frechetToAll', 'precision', 'recall', 'nearestRatio', 'memorised'];
      for (const name of names) expect(measures[name]!.mean, `${arm} ${name}`).toBeGreaterThanOrEqual(0);
      const nfe = Number(/(\d+)(?: NFE)?$/.exec(arm)?.[1] ?? 0) * (arm.includes('Heun') ? 2 : 1);
      if (arm !== 'training images') expect(measures['nfe']!.mean, arm).toBe(nfe);
    }
    // Copies of training images are all that has learnt anything here.
    expect(report.measured['training images']).toMatchObject({ memorised: { mean: 1 } });
    expect(report.verdict).toBe('does not hold');
    expect(report.aims!.map(({ title }) => title.split(',')[0])).toEqual([
      'teacher',
      ...['FreeFlow', 'FreeFlow', 'pi-Flow GM', 'pi-Flow GM', 'pi-Flow GM', 'pi-Flow GM'],
      ...['Drifting', 'Drifting', 'The largest ratio of distances of any student'],
    ]);
    expect(report.aims![0]).toMatchObject({ limit: 'at most 0.35', outcome: 'does not hold' });
    expect(report.notes!.join(' ')).toContain('60 times');
    expect(figure).toContain('training images');
  });

  const { aims, verdict, notes } = digitsTableWith(tinyDigits);
  const invented = (over: Readonly<Record<string, number>>, of = 'Drifting, 1 NFE'): Results => ({
    'training images': [{ frechet: 0.3, frechetToAll: 0.1 }],
    'teacher, Euler 1': [{ frechet: 5, recall: 0.2 }],
    'teacher, Heun 2': [{ frechet: 0.3, recall: 0.8 }],
    'FreeFlow, 1 NFE': [{ frechet: 0.31, recall: 0.8 }],
    'pi-Flow GM, 1 NFE': [{ frechet: 0.4, recall: 0.79 }],
    'pi-Flow GM, 4 NFE': [{ frechet: 0.3, recall: 0.9 }],
    ...Object.fromEntries(
      ['FreeFlow, 2', 'FreeFlow, 4', 'pi-Flow GM, 2', 'pi-Flow DX, 1', 'pi-Flow DX, 2', 'pi-Flow DX, 4']
        .concat(['MeanFlow, 1', 'MeanFlow, 2', 'MeanFlow, 4', 'DMD, 1'])
        .map((arm) => [`${arm} NFE`, [{ frechet: 0.4 }]]),
    ),
    'Drifting, 1 NFE': [{ frechet: 0.33, recall: 0.76 }],
    [of]: [{ frechet: 0.33, recall: 0.76, ...over }],
  });

  it('holds where all aims are reached, against the teacher at its best', () => {
    expect(aims!(invented({})).map(({ outcome }) => outcome)).toEqual(new Array(10).fill('holds'));
    expect(verdict(invented({}), { isQuick: false })).toBe('holds');
    expect(aims!(invented({}))[1]!.title).toContain('teacher, Heun 2');
  });

  it('says which aim is missed, and judges nothing in its quick size', () => {
    const missed = (over: Record<string, number>): number[] =>
      aims!(invented(over)).flatMap(({ outcome }, i) => (outcome === 'holds' ? [] : [i]));
    expect(missed({ frechet: 0.45 })).toEqual([7]);
    expect(missed({ frechet: 0.6 })).toEqual([7, 9]);
    expect(missed({ recall: 0.7 })).toEqual([8]);
    // No aim of its own, but none may be that far.
    const farther = aims!(invented({ frechet: 0.5 }, 'DMD, 1 NFE'));
    expect(farther.map(({ outcome }) => outcome).indexOf('does not hold')).toBe(9);
    expect(verdict(invented({ recall: 0.7 }), { isQuick: false })).toBe('does not hold');
    expect(verdict(invented({}), QUICK)).toBe('inconclusive');
    expect(notes!(invented({}), QUICK).join(' ')).toContain('Quick size');
    expect(aims!({}).every(({ outcome }) => outcome === 'inconclusive')).toBe(true);
  });
});

describe('other experiments on digits', () => {
  it('an encoder is judged by its features beside what drifts in them', async () => {
    const { report } = await run(driftingEncoderWith(tinyDigits));
    for (const measures of Object.values(report.measured)) {
      // Even features of random weights tell digits apart better than chance.
      expect(measures['featureAccuracy']!.mean).toBeGreaterThan(0.2);
      expect(measures['frechet']!.mean).toBeGreaterThan(0);
    }
  });

  it('forces are those of the arm', async () => {
    const { report } = await run(driftingAntisymmetryDigitsWith(tinyDigits));
    const found = Object.values(report.measured).map((measures) => measures['frechet']!.mean);
    expect(new Set(found).size).toBe(6);
  });

  it('diversity is that of the teacher over the same noise and classes', async () => {
    const { report } = await run(digitsDiversityWith(tinyDigits));
    expect(Object.keys(report.measured)).toEqual(['teacher', 'FreeFlow', 'pi-Flow GM', 'DMD', 'Drifting']);
    // Untrained, the teacher leaves its noise as it is: two normals of 64 numbers are 11.3 apart.
    expect(report.measured['teacher']!['withinClasses']!.mean).toBeGreaterThan(5);
  });

  it('a search spends as many evaluations as plain sampling', async () => {
    const { report } = await run(digitsNoiseSearchWith(tinyDigits));
    const nfe = (arm: string): number => report.measured[arm]!['nfe']!.mean;
    expect([nfe('plain, 16 NFE'), nfe('best of 4, 16 NFE')]).toEqual([16, 16]);
    expect([nfe('plain, 32 NFE'), nfe('best of 8, 32 NFE')]).toEqual([32, 32]);
    const score = (arm: string): number => report.measured[arm]!['score']!.mean;
    // Both leave the noise nearly as it is, so the best for the one is the best for the other.
    expect(score('best of 8, 32 NFE')).toBeGreaterThan(score('plain, 32 NFE'));
    expect(report.measured['student as proxy']!['correlation']!.mean).toBeGreaterThan(0.9);
  });
});
