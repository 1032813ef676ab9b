/**
 * The names of diffusers' AutoencoderKL, which are ours too: what differs is the order of axes, and that
 * older files name the parts of an attention otherwise or keep them as 1x1 convolutions.
 */
import type { RecognitionOptions } from '#contract/checkpoints.ts';
import type { AutoencoderConfig } from '#contract/networks.ts';
import { Assumptions } from './layout.ts';
import type { Layout, Misfit, Plan } from './layout.ts';
import { hwioFromOihw, transposed, unchanged } from './mapping.ts';
import type { MappedParameter } from './mapping.ts';
import { autoencoderParameters } from './network-parameters.ts';
import type { NetworkParameter } from './network-parameters.ts';
import { shapeText } from './shapes.ts';
import { factOf, wholeFactOf } from './weights.ts';
import type { About, Weights } from './weights.ts';

const DOWN = 'encoder.down_blocks';
const FIRST = 'encoder.conv_in.weight';
const LATENT = 'decoder.conv_in.weight';
const OLD_NAMES: Readonly<Record<string, string>> = {
  to_q: 'query',
  to_k: 'key',
  to_v: 'value',
  'to_out.0': 'proj_attn',
};

export const autoencoderKl: Layout = {
  kinds: ['autoencoder-kl'],
  signature: [
    FIRST,
    `${DOWN}.0.resnets.0.conv1.weight`,
    LATENT,
    'decoder.up_blocks.0.resnets.0.conv1.weight',
  ],
  get examples() {
    const keys = autoencoderParameters(EXAMPLE).map(({ name }) => name);
    return [{ kind: 'autoencoder-kl', keys }] as const;
  },
  read: readAutoencoder,
};

function readAutoencoder(weights: Weights, about: About, options: RecognitionOptions): Plan | Misfit {
  const first = weights.shape(FIRST, 4);
  const latent = weights.shape(LATENT, 4);
  if (!first || !latent) {
    const [key, found] = first ? [LATENT, latent] : [FIRST, first];
    const text = shapeText(weights.tensor(key)?.shape ?? found ?? []);
    return { kind: 'autoencoder-kl', misfit: `${key} is ${text}, expected [out, in, 3, 3]` };
  }
  const assumptions = new Assumptions();
  const widths = Array.from(
    { length: weights.count(DOWN) },
    (_, level) => weights.shape(`${DOWN}.${level}.resnets.0.conv1.weight`, 4)?.[0] ?? first[0]!,
  );
  const groups = assumptions.settle('groups', options.groups, () => assumedGroups(about, widths));
  const config: AutoencoderConfig = {
    network: 'autoencoder-kl',
    channels: first[1]!,
    latentChannels: latent[1]!,
    widths,
    layersPerBlock: Math.max(1, weights.count(`${DOWN}.0.resnets`)),
    groups,
    middleAttention: weights.keys.some((key) => /^(en|de)coder\.mid_block\.attentions\.0\./.test(key)),
    quantConvolutions: weights.keys.some((key) => /^(post_)?quant_conv\./.test(key)),
    scalingFactor: assumptions.settle('scalingFactor', options.scalingFactor, () => assumedScaling(about)),
  };
  return {
    kind: 'autoencoder-kl',
    config,
    convention: null,
    alternatives: [],
    assumed: assumptions.made,
    use: 'autoencoder',
    parameters: autoencoderParameters(config).map((parameter) => mapped(parameter, weights)),
    whyUnused: () => null,
    problems: widths.every((width) => width % groups === 0)
      ? []
      : [`its widths ${shapeText(widths)} are no multiples of ${groups} groups`],
  };
}

/** Our parameter from the file's: the same name but for old attentions, torch's order of axes. */
function mapped({ name, shape }: NetworkParameter, weights: Weights): MappedParameter {
  const key = keyOf(name, weights);
  if (shape.length === 4) {
    const [height, width, into, out] = shape as [number, number, number, number];
    const oihw = [out, into, height, width];
    return { name, shape, sources: [{ key, shape: oihw }], rearrange: hwioFromOihw(oihw) };
  }
  if (shape.length === 1) return { name, shape, sources: [{ key, shape }], rearrange: unchanged(shape) };
  const [into, out] = shape as [number, number];
  const isConvolution = weights.tensor(key)?.shape.length === 4;
  const theirs = isConvolution ? [out, into, 1, 1] : [out, into];
  return { name, shape, sources: [{ key, shape: theirs }], rearrange: transposed(out, into) };
}

function keyOf(name: string, weights: Weights): string {
  const [, attention, part, kind] =
    /^(.*\.attentions\.0\.)(to_q|to_k|to_v|to_out\.0)\.(\w+)$/.exec(name) ?? [];
  if (attention === undefined || weights.has(name)) return name;
  const old = `${attention}${OLD_NAMES[part!]!}.${kind!}`;
  return weights.has(old) ? old : name;
}

function assumedGroups(about: About, widths: readonly number[]): { value: number; why: string } {
  const told = wholeFactOf(about, ['norm_num_groups']);
  if (told) return { value: told.value, why: `from ${told.key} in the file` };
  const value = [32, 16, 8, 4, 2, 1].find((groups) => widths.every((width) => width % groups === 0))!;
  return value === 32
    ? { value, why: 'diffusers uses 32 unless told otherwise' }
    : { value, why: 'a guess: 32 are usual and do not divide its widths' };
}

function assumedScaling(about: About): { value: number; why: string } {
  const told = factOf(about, ['scaling_factor']);
  const value = Number(told?.value);
  if (told && value > 0 && Number.isFinite(value)) return { value, why: `from ${told.key} in the file` };
  return { value: 0.18215, why: "Stable Diffusion's, of latents with 4 channels" };
}

const EXAMPLE: AutoencoderConfig = {
  network: 'autoencoder-kl',
  channels: 3,
  latentChannels: 4,
  widths: [4, 8],
  layersPerBlock: 1,
  groups: 4,
  middleAttention: true,
  quantConvolutions: true,
  scalingFactor: 1,
};
