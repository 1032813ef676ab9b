import { Rng } from '../tensor/rng.ts';
import { energyDistance } from './energy-distance.ts';
import { medianBandwidth, mmdSquared } from './mmd.ts';
import { modeCoverage } from './mode-coverage.ts';
import type { ModeMap } from './mode-coverage.ts';
import { float64Points, requireCount, subsample } from './points.ts';
import type { Points } from './points.ts';
import { prdc } from './prdc.ts';
import { slicedWasserstein2, unitProjections } from './sliced-wasserstein.ts';
import { wasserstein2 } from './wasserstein.ts';

interface MetricEntry {
  id: string;
  title: string;
  betterWhen: 'lower' | 'higher';
}

/**
 * What {@link evaluateAll} returns, by id, the modes only where the target has some; then what
 * `scoreFeatures` finds beside it for images.
 */
export const metrics: readonly MetricEntry[] = [
  { id: 'energyDistance', title: 'Energy distance', betterWhen: 'lower' },
  { id: 'mmd', title: 'Squared MMD', betterWhen: 'lower' },
  { id: 'slicedWasserstein2', title: 'Sliced Wasserstein-2', betterWhen: 'lower' },
  { id: 'wasserstein2', title: 'Wasserstein-2', betterWhen: 'lower' },
  { id: 'precision', title: 'Precision', betterWhen: 'higher' },
  { id: 'recall', title: 'Recall', betterWhen: 'higher' },
  { id: 'density', title: 'Density', betterWhen: 'higher' },
  { id: 'coverage', title: 'Coverage', betterWhen: 'higher' },
  { id: 'modesCovered', title: 'Modes covered', betterWhen: 'higher' },
  { id: 'minModeShare', title: 'Smallest mode against its fair share', betterWhen: 'higher' },
  { id: 'outsideModes', title: 'Share outside all modes', betterWhen: 'lower' },
  { id: 'frechetDistance', title: 'Fréchet distance', betterWhen: 'lower' },
  { id: 'kid', title: 'Kernel distance (KID)', betterWhen: 'lower' },
  { id: 'classAccuracy', title: 'Class accuracy', betterWhen: 'higher' },
  { id: 'memorised', title: 'Share nearer to training data than 99% of held-out data', betterWhen: 'lower' },
  { id: 'nearestRatio', title: 'Distance to training data, against held-out data', betterWhen: 'higher' },
];

/** Points of each set in exact W2, whose cost grows like n^3. */
const WASSERSTEIN_CAP = 500;
/** Points of each set in precision, recall, density and coverage. */
const PRDC_CAP = 2000;
/** Neighbours that set the radius of a ball, as Naeem et al. 2020 have it. */
const PRDC_K = 5;
/** Real points whose median distance is the MMD bandwidth. */
const BANDWIDTH_CAP = 1000;
const DEFAULT_PROJECTIONS = 128;
const DEFAULT_MAX_PAIRWISE = 20_000;

interface EvaluateOptions {
  dim: number;
  /** Random directions of the sliced distance; 128 unless said. */
  projections?: number;
  /** Decides the directions and every subsample. */
  seed: number;
  modes?: ModeMap;
  /** Points of each set used by energy distance and MMD, whose cost grows like n^2; 20,000 unless said. */
  maxPairwise?: number;
}

/**
 * Every metric of `fake` against `real`, by id.
 *
 * Energy distance and MMD use all points up to `maxPairwise`, MMD with the median distance of (at most 1000)
 * real points as bandwidth, so it does not move with the model. Sliced W2 and the modes use all points. Exact
 * W2 uses at most 500 points of each set, precision, recall, density and coverage at most 2000 with k = 5
 * (fewer where a set has fewer than 6 points). All subsamples are drawn by `seed`: same input, same numbers.
 * W2 and precision to coverage depend on the sample size, so compare them at equal n only.
 *
 * @param real [n, dim], n >= 2   @param fake [m, dim], m >= 2
 * @throws `metrics/bad-shape`, `metrics/non-finite`, `metrics/too-few-points`
 */
export function evaluateAll(real: Points, fake: Points, options: EvaluateOptions): Record<string, number> {
  const { dim, seed, modes, maxPairwise = DEFAULT_MAX_PAIRWISE } = options;
  const x = float64Points(real, dim, 'real');
  const y = float64Points(fake, dim, 'fake');
  requireCount(x.length / dim, 2, 'real');
  requireCount(y.length / dim, 2, 'fake');
  const realRng = new Rng(seed, 'metrics/real');
  const fakeRng = new Rng(seed, 'metrics/fake');
  const drawn = (size: number): [Float64Array, Float64Array] => [
    subsample(x, dim, size, realRng.at(size)),
    subsample(y, dim, size, fakeRng.at(size)),
  ];

  const [xPairs, yPairs] = drawn(maxPairwise);
  const bandwidth = medianBandwidth(drawn(BANDWIDTH_CAP)[0], dim);
  const directions = unitProjections(
    options.projections ?? DEFAULT_PROJECTIONS,
    dim,
    new Rng(seed, 'metrics/projections'),
  );
  const [xNear, yNear] = drawn(PRDC_CAP);
  const k = Math.min(PRDC_K, xNear.length / dim - 1, yNear.length / dim - 1);
  const found: Record<string, number> = {
    energyDistance: energyDistance(xPairs, yPairs, dim),
    mmd: mmdSquared(xPairs, yPairs, dim, bandwidth),
    slicedWasserstein2: slicedWasserstein2(x, y, dim, directions),
    wasserstein2: wasserstein2(...drawn(WASSERSTEIN_CAP), dim),
    ...prdc(xNear, yNear, dim, k),
  };
  if (modes) {
    const coverage = modeCoverage(y, dim, modes);
    found['modesCovered'] = coverage.covered;
    found['minModeShare'] = coverage.minShareRatio;
    found['outsideModes'] = coverage.outside;
  }
  return found;
}
