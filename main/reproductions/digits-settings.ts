/**
 * What the digits experiments train and for how long: one table for all reproductions on digits and for the
 * models that ship. Parameters left out are the standards of the method for images.
 */

/** How one network is trained. */
export interface Recipe {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly steps: number;
}

/** One recipe for each size of a reproduction. */
export interface Sized {
  readonly full: Recipe;
  readonly quick: Recipe;
}

/** The students of the table, by the names that it has for them. */
const studentNames = ['FreeFlow', 'pi-Flow GM', 'pi-Flow DX', 'Drifting', 'MeanFlow', 'DMD'] as const;
export type StudentName = (typeof studentNames)[number];

/** Encoders from the worst to the best, in whose features samples drift. */
export const encoderNames = ['untrained', 'trained briefly', 'trained longer', 'with classes'] as const;
export type EncoderName = (typeof encoderNames)[number];

export interface DigitsSettings {
  /** Share of the images that are held out: they are the reference. */
  readonly holdout: number;
  /** Samples of every arm: the distance falls as there are more, so all have as many. */
  readonly count: Readonly<Record<'full' | 'quick', number>>;
  readonly teacher: Sized;
  /** Euler and Heun steps of the teacher in the table. */
  readonly eulerSteps: readonly number[];
  readonly heunSteps: readonly number[];
  /** pi-Flow is given its `nfe` where it is trained. */
  readonly students: Readonly<Record<StudentName, Sized>>;
  readonly encoders: Readonly<Record<EncoderName, Sized>>;
  /** What drifts in their features. */
  readonly featureDrifting: Sized;
  /** What was tried where an aim is missed; the table has it below. */
  readonly notes: readonly string[];
}

/** The transformer of the quick size: it learns something in seconds, and does not reach the aims. */
const SMALL = { ditWidth: 48, ditDepth: 2, heads: 2 } as const;
/** Of the students that start from their teacher. */
const STUDENT = { conditional: true, batch: 64, learningRate: 1e-3, emaDecay: 0.99 } as const;

/** `quick` changes some parameters of `full`. */
function sized(
  method: string,
  full: { readonly steps: number; readonly params: Readonly<Record<string, unknown>> },
  quick: { readonly steps: number; readonly params: Readonly<Record<string, unknown>> },
): Sized {
  return {
    full: { method, ...full },
    quick: { method, steps: quick.steps, params: { ...full.params, ...quick.params } },
  };
}

/** Drifting, in pixels and in features alike. */
const DRIFTING = {
  conditional: true,
  batch: 640,
  loss: 'normalised',
  network: 'residual',
  width: 512,
  depth: 3,
  learningRate: 1e-3,
  clip: 2,
  emaDecay: 0.99,
} as const;

export const digitsSettings: DigitsSettings = {
  // Against few images even a perfect model is far: training images drawn as often as every arm are at 0.42
  // from a fifth of them and at 0.30 from a half.
  holdout: 0.5,
  count: { full: 2000, quick: 500 },
  teacher: sized(
    'teacher',
    // Seed 0, Heun 16: 0.384 of a run of 2800 steps, 0.355 of 4500, 0.350 of 6500.
    { steps: 8000, params: { conditional: true, batch: 64, learningRate: 1e-3, emaDecay: 0.99 } },
    { steps: 900, params: { ...SMALL, batch: 64, learningRate: 4e-3, emaDecay: 0.98 } },
  ),
  eulerSteps: [1, 2, 4, 8, 16, 32, 64],
  heunSteps: [20],
  students: {
    FreeFlow: sized(
      'freeflow',
      // The correction begins when the prediction has come far, at a falling rate: from the start, or stronger,
      // it carries samples off before the auxiliary network knows where they lie.
      { steps: 3000, params: { ...STUDENT, loss: 'joint', auxiliaryWarmUp: 1500 } },
      { steps: 150, params: { ...SMALL, learningRate: 2e-3, auxiliaryWarmUp: 75 } },
    ),
    'pi-Flow GM': sized(
      'piflow',
      { steps: 1500, params: { ...STUDENT, policy: 'gm', components: 8 } },
      { steps: 120, params: { ...SMALL, learningRate: 2e-3 } },
    ),
    'pi-Flow DX': sized(
      'piflow',
      { steps: 1200, params: { ...STUDENT, policy: 'dx', components: 10, window: 0.05 } },
      { steps: 120, params: { ...SMALL, learningRate: 2e-3 } },
    ),
    Drifting: sized(
      'drifting',
      { steps: 1500, params: DRIFTING },
      { steps: 200, params: { batch: 320, width: 128 } },
    ),
    MeanFlow: sized(
      'meanflow',
      { steps: 3000, params: { conditional: true, batch: 128, learningRate: 1e-3, emaDecay: 0.99 } },
      { steps: 150, params: { ...SMALL, batch: 64, learningRate: 2e-3 } },
    ),
    DMD: sized(
      'dmd',
      { steps: 1200, params: { ...STUDENT, learningRate: 2e-4, fakeRate: 5e-4 } },
      { steps: 100, params: SMALL },
    ),
  },
  encoders: {
    untrained: sized(
      'encoder',
      { steps: 0, params: { task: 'reconstruct' } },
      { steps: 0, params: { width: 16 } },
    ),
    'trained briefly': sized(
      'encoder',
      { steps: 100, params: { task: 'reconstruct' } },
      { steps: 10, params: { width: 16, batch: 64 } },
    ),
    'trained longer': sized(
      'encoder',
      { steps: 2000, params: { task: 'reconstruct' } },
      { steps: 100, params: { width: 16, batch: 64 } },
    ),
    'with classes': sized(
      'encoder',
      { steps: 2000, params: { task: 'both' } },
      { steps: 100, params: { width: 16, batch: 64 } },
    ),
  },
  featureDrifting: sized(
    'drifting',
    { steps: 1500, params: { ...DRIFTING, batch: 320 } },
    { steps: 60, params: { batch: 100, width: 128 } },
  ),
  notes: [
    'Tried for FreeFlow, 1 NFE over a teacher at 0.355, one seed, prediction alone: 800 steps at rate 5e-4 1.34; 1500 at 1e-3 1.24; 3000 1.21, recall 6.7 points below. Of 500 further steps after 1500: prediction 1.22, with density 2.5 d^1.5 of durations 1.25, with two fifths of the batch at d = 1 1.36, joint with alpha 0.1 1.19; 600 joint with alpha 1 1.35. 3000 steps joint from step 1500 with alpha 0.3, as here, 1.15, recall 1.9 points below; from step 1000 with alpha 1 the samples fall apart.',
  ],
};
