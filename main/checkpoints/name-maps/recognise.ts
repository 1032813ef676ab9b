import type { CheckpointListing, Recognition, RecognitionOptions } from '#contract/checkpoints.ts';
import type { TensorInfo } from '../checkpoint.ts';
import { candidatesIn, compareGroups, isEma } from './groups.ts';
import type { Candidate } from './groups.ts';
import { readFeatureNetwork } from './feature-network.ts';
import type { Misfit, Plan } from './layout.ts';
import type { Mapping } from './mapping.ts';
import { nearestLayout } from './nearest.ts';
import { readOwnFile } from './own-files.ts';
import { readRun } from './own-runs.ts';
import { titleOf } from './titles.ts';
import { verdictsOf } from './verdicts.ts';
import type { Verdicts } from './verdicts.ts';
import { Weights } from './weights.ts';
import type { About } from './weights.ts';

export interface Recognised {
  /** What the file is; null for an unknown layout. */
  readonly recognition: Recognition | null;
  /** Of an unknown layout, what it looks most like. */
  readonly nearest: CheckpointListing['nearest'];
  /** How to make the network; null where nothing is recognised or it cannot be used as it is. */
  readonly mapping: Mapping | null;
}

/**
 * Says what a checkpoint holds, from names, shapes and the plain values beside them; no element is read.
 * The outcome does not depend on the order of the file, nor on what its weights are wrapped in.
 *
 * Of several sets of weights, one in which no key is missing is taken, an EMA before others.
 */
export function recognise(about: About, options: RecognitionOptions = {}): Recognised {
  const run = readRun(about) ?? readFeatureNetwork(about, options);
  if (run !== null) return { recognition: run, nearest: null, mapping: null };
  const names = new Map(about.tensors.map((tensor) => [tensor.name, tensor]));
  const { fits, misfit } = fitsOf(about, options, names);
  const best = fits.sort(compareFits)[0];
  if (best === undefined)
    return { recognition: null, nearest: misfit ?? nearest(about, options), mapping: null };
  return recognised(best);
}

interface Fit {
  readonly plan: Plan;
  readonly weights: Weights;
  readonly verdicts: Verdicts;
}

function fitsOf(
  about: About,
  options: RecognitionOptions,
  names: ReadonlyMap<string, TensorInfo>,
): { fits: Fit[]; misfit: CheckpointListing['nearest'] } {
  const all = candidatesIn(names);
  const groups = [...new Set(all.map(({ group }) => group))];
  const fits: Fit[] = [];
  let misfit: CheckpointListing['nearest'] = null;
  const consider = (read: Plan | Misfit, weights: Weights): void => {
    if ('misfit' in read) misfit ??= { kind: read.kind, why: read.misfit };
    else if (options.kind !== undefined && read.kind !== options.kind) {
      misfit ??= { kind: read.kind, why: `its keys and shapes are not those of ${options.kind}` };
    } else fits.push({ plan: read, weights, verdicts: verdictsOf(read, weights, about, groups) });
  };
  const own = isWanted(options, 'fewstep', '') ? readOwnFile(about) : null;
  if (own !== null) consider(own, new Weights(names, ''));
  for (const { layout, group } of all.filter((candidate) => isCandidate(candidate, options))) {
    const weights = new Weights(names, group);
    consider(layout.read(weights, about, options), weights);
  }
  return { fits, misfit };
}

function isCandidate({ layout, group }: Candidate, options: RecognitionOptions): boolean {
  return layout.kinds.some((kind) => isWanted(options, kind, group));
}

function isWanted(options: RecognitionOptions, kind: Recognition['kind'], group: string): boolean {
  return (options.kind ?? kind) === kind && (options.group ?? group) === group;
}

/** What can be used comes first, then networks before autoencoders, EMAs, and what has more keys. */
function compareFits(a: Fit, b: Fit): number {
  const rank = ({ plan, weights, verdicts }: Fit): number[] => [
    Number(verdicts.problems.length === 0),
    Number(plan.use !== 'autoencoder'),
    Number(isEma(weights.group)),
    verdicts.matched,
  ];
  const [ofA, ofB] = [rank(a), rank(b)];
  const at = ofA.findIndex((value, i) => value !== ofB[i]);
  return at < 0 ? compareGroups(a.weights.group, b.weights.group) : ofB[at]! - ofA[at]!;
}

function recognised({ plan, weights, verdicts }: Fit): Recognised {
  const { kind, config, convention, alternatives, assumed } = plan;
  const { problems } = verdicts;
  const isUsable = problems.length === 0;
  return {
    recognition: {
      kind,
      title: titleOf(kind, config),
      group: weights.group,
      config,
      convention,
      alternatives: [...alternatives],
      assumed: [...assumed],
      keys: [...verdicts.keys],
      use: isUsable ? plan.use : null,
      ...(!isUsable && { why: problems.join('; ') }),
    },
    nearest: null,
    mapping: isUsable
      ? { kind, config, parameters: plan.parameters.map((one) => fullyNamed(one, weights)) }
      : null,
  };
}

function fullyNamed(parameter: Plan['parameters'][number], weights: Weights): Plan['parameters'][number] {
  return {
    ...parameter,
    sources: parameter.sources.map(({ key, shape }) => ({ key: weights.fullName(key), shape })),
  };
}

function nearest(about: About, { group }: RecognitionOptions): CheckpointListing['nearest'] {
  const within = group === undefined || group === '' ? '' : `${group}.`;
  return nearestLayout(about.tensors.filter(({ name }) => name.startsWith(within)));
}
