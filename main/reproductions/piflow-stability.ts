import { WorkbenchError } from '#contract/errors.ts';
import { energyDistance } from '../metrics/energy-distance.ts';
import { defineReproduction, every, isLess, mean, standardError, values } from './reproduction.ts';
import { exactTeacher, reference, taught } from './teacher.ts';

const methods: Readonly<Record<string, string>> = {
  'pi-Flow': 'piflow',
  DMD: 'dmd',
  consistency: 'consistency',
};
const rates = [3e-4, 1e-3, 3e-3];
const names = Object.keys(methods);
const armOf = (name: string, rate: number): string => `${name}, rate ${rate}`;

/** Standard deviation of a curve over its mean, where learning should have settled. */
function roughness(losses: readonly number[]): number {
  const settled = losses.slice(Math.floor(0.75 * losses.length));
  return (standardError(settled) * Math.sqrt(settled.length)) / mean(settled);
}

/** The measures of a method at the rate where they are worst on average. */
function worst(results: Parameters<typeof values>[0], name: string): number[] {
  const all = rates.map((rate) => values(results, armOf(name, rate), 'energyDistance'));
  return all.reduce((a, b) => (mean(b) > mean(a) ? b : a));
}

export const piflowStability = defineReproduction({
  name: 'piflow-stability',
  claim:
    'Imitation trains stably: its quality depends less on learning rate and seed than that of DMD and of consistency distillation.',
  source: 'Chen et al. 2025, pi-Flow, section on training stability',
  rule: 'Measure: energy distance of one-step samples to the teacher’s own (RK4, 64 steps, of other noise). Of each method the learning rate counts at which the mean over seeds is worst. Holds if there pi-Flow has less of it than DMD and than consistency distillation, each by more than two standard errors of the difference over seeds; does not hold if one of them surely has less than pi-Flow. A run that diverges counts as 10.',
  seeds: { quick: [0, 1, 2], full: [0, 1, 2, 3, 4] },
  arms: names.flatMap((name) => rates.map((rate) => armOf(name, rate))),
  figure: {
    kind: 'curves',
    title: 'Quality against learning rate',
    x: { label: 'Learning rate', log: true },
    y: { label: 'Energy distance to the teacher', log: true },
    curves: (results) =>
      names.map((name) => ({
        name,
        points: rates.map((rate) => {
          const found = values(results, armOf(name, rate), 'energyDistance');
          return { x: rate, mean: mean(found), error: standardError(found) };
        }),
      })),
  },
  async run(arm, seed, lab, { isQuick }) {
    const name = names.find((each) => arm.startsWith(`${each},`))!;
    const learningRate = rates.find((rate) => arm === armOf(name, rate))!;
    const losses: number[] = [];
    try {
      const student = await lab.train({
        method: methods[name]!,
        params: { learningRate, batch: isQuick ? 128 : 256, width: isQuick ? 64 : 256 },
        source: taught,
        steps: isQuick ? 400 : 10_000,
        seed,
        teacher: exactTeacher,
        onStep: (_, { loss }) => void losses.push(loss!),
      });
      const { ends } = await reference(lab, seed);
      // Other noise than the reference's: two draws, as of any two generators.
      const samples = await student.sample(student.noise(ends.length / 2, seed + 1000));
      return {
        energyDistance: energyDistance(ends, samples, 2),
        lossRoughness: roughness(losses),
        diverged: 0,
      };
    } catch (error) {
      if (!(error instanceof WorkbenchError && error.code === 'reproduction/diverged')) throw error;
      return { energyDistance: 10, lossRoughness: roughness(losses), diverged: 1 };
    }
  },
  verdict: (results) =>
    every(
      names
        .filter((name) => name !== 'pi-Flow')
        .map((name) => isLess(worst(results, 'pi-Flow'), worst(results, name))),
    ),
});
