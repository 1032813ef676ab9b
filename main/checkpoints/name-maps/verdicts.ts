import type { KeyVerdict } from '#contract/checkpoints.ts';
import { torchDtype } from '../elements.ts';
import type { Dtype } from '../safetensors/dtypes.ts';
import type { Plan } from './layout.ts';
import { isSameShape, shapeText, sizeOfShape } from './shapes.ts';
import type { About, Weights } from './weights.ts';

/** Element types that become float32 without a scale that lies elsewhere. */
const FLOATS: ReadonlySet<Dtype> = new Set<Dtype>([
  'F64',
  'F32',
  'F16',
  'BF16',
  'F8_E4M3',
  'F8_E5M2',
  'F8_E4M3FNUZ',
  'F8_E5M2FNUZ',
]);
/** Most elements of one parameter: 1 GiB as float32, and thirty times the largest of an XL/2. */
const MOST_ELEMENTS = 2 ** 28;
const MOST_NAMED = 3;

export interface Verdicts {
  /** Those of the network in its order, then what is not used, by name. */
  readonly keys: readonly KeyVerdict[];
  readonly matched: number;
  /** Why the network cannot be made from the file as it is; none if it can. */
  readonly problems: readonly string[];
}

/**
 * Holds a file to a plan: a verdict for every place of the layout and every key of the file.
 *
 * @param groups  prefixes of the other sets of weights in the file
 */
export function verdictsOf(plan: Plan, weights: Weights, about: About, groups: readonly string[]): Verdicts {
  const places = placesOf(plan, weights);
  const expected = new Set(places.map(({ key }) => key));
  const modules = new Set([...expected].map((key) => moduleOf(key, weights)));
  const strangers: string[] = [];
  const unused: KeyVerdict[] = [];
  for (const { name, shape } of about.tensors) {
    if (expected.has(name)) continue;
    const why = whyUnused(name, plan, weights, groups);
    unused.push({ key: name, verdict: 'unused', found: [...shape], ...(why !== null && { why }) });
    // An embedder or a part of a block that we do not know changes what the network answers.
    const isInside = why === null && weights.holds(name);
    if (isInside && (modules.has(moduleOf(name, weights)) || /embed/.test(moduleOf(name, weights)))) {
      strangers.push(name);
    }
  }
  unused.sort((a, b) => (a.key < b.key ? -1 : 1));
  return {
    keys: [...places, ...unused],
    matched: places.filter(({ verdict }) => verdict === 'matched').length,
    problems: [
      ...keyProblems(places),
      ...listed('Keys of the network that are not known here', strangers.sort()),
      ...listed('Not floats', integersOf(plan, weights)),
      ...plan.problems,
      ...configProblems(plan),
    ],
  };
}

function placesOf(plan: Plan, weights: Weights): KeyVerdict[] {
  const places: KeyVerdict[] = [];
  for (const { name, sources } of plan.parameters) {
    for (const { key, shape } of sources) places.push(verdictOf(key, shape, weights, name));
  }
  return places;
}

function verdictOf(key: string, shape: readonly number[], weights: Weights, own: string): KeyVerdict {
  const tensor = weights.tensor(key);
  const place = { key: weights.fullName(key), expected: [...shape] };
  if (!tensor) return { ...place, verdict: 'missing' };
  const found = [...tensor.shape];
  if (!isSameShape(found, shape)) return { ...place, verdict: 'shape-mismatch', found };
  return { ...place, verdict: 'matched', found, own };
}

function whyUnused(name: string, plan: Plan, weights: Weights, groups: readonly string[]): string | null {
  const inside = weights.holds(name) ? plan.whyUnused(weights.keyOf(name)) : null;
  if (inside !== null) return inside;
  const other = groups.find(
    (group) => group !== weights.group && group !== '' && name.startsWith(`${group}.`),
  );
  // A group within the group that is taken, or around it, says nothing against its keys.
  if (other !== undefined && !weights.group.startsWith(`${other}.`)) return `of other weights, "${other}"`;
  if (/^(opt|optim|optimizer|optimizer_states|lr_schedulers|scheduler)(\.|$)/.test(name)) {
    return 'state of the optimiser';
  }
  if (!weights.holds(name)) {
    return groups.includes('') && weights.group !== ''
      ? 'of other weights, at the top level'
      : 'beside the weights';
  }
  return null;
}

/** First part of a key within the group: `blocks`, `x_embedder`. */
function moduleOf(name: string, weights: Weights): string {
  return weights.keyOf(name).split('.', 1)[0]!;
}

function keyProblems(places: readonly KeyVerdict[]): string[] {
  const missing = places.filter(({ verdict }) => verdict === 'missing').map(({ key }) => key);
  const mismatched = places
    .filter(({ verdict }) => verdict === 'shape-mismatch')
    .map(({ key, found, expected }) => `${key} is ${shapeText(found!)}, expected ${shapeText(expected!)}`);
  return [...listed('Missing keys', missing), ...listed('Other shapes', mismatched)];
}

function integersOf(plan: Plan, weights: Weights): string[] {
  return plan.parameters.flatMap(({ sources }) =>
    sources
      .map(({ key }) => weights.tensor(key))
      .filter((tensor) => tensor !== undefined && !FLOATS.has(tensor.dtype))
      .map((tensor) => `${tensor!.name} is ${torchDtype(tensor!.dtype)}`),
  );
}

function configProblems({ config, parameters }: Plan): string[] {
  const large = parameters.filter(({ shape }) => sizeOfShape(shape) > MOST_ELEMENTS);
  const problems = listed(
    'Too large',
    large.map(({ name, shape }) => `${name} ${shapeText(shape)}`),
  );
  if (config.network === 'autoencoder-kl') return problems;
  const { width, heads, size, patch, timeChannels } = config;
  if (width % heads !== 0) problems.push(`${heads} heads do not divide its width, ${width}`);
  if (size % patch !== 0) problems.push(`Patches of ${patch} do not divide its size, ${size}`);
  if (timeChannels % 2 !== 0) problems.push(`Its time embedding has ${timeChannels} channels, an odd number`);
  return problems;
}

/** "Missing keys: a, b, c and 4 more", or nothing. */
function listed(what: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const rest = items.length - MOST_NAMED;
  return [`${what}: ${items.slice(0, MOST_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`];
}
