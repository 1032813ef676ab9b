/**
 * The names of the DiT release, which SiT and REPA kept: facebookresearch/DiT `models.py`, willisma/SiT
 * `models.py`, sihyun-yu/REPA `models/sit.py`. Which of the three a file is decides how the network is
 * asked, and no shape tells: projectors, settings that lie beside the weights, and the file's name do.
 */
import type { RecognitionOptions } from '#contract/checkpoints.ts';
import type { Convention, DitConfig } from '#contract/networks.ts';
import { assumedHeads } from './heads.ts';
import { Assumptions } from './layout.ts';
import type { Layout, Misfit, Plan } from './layout.ts';
import { hwioFromOihw, transposed, unchanged } from './mapping.ts';
import type { MappedParameter, Rearrangement } from './mapping.ts';
import { conventionOfMetadata } from './own-files.ts';
import { shapeText } from './shapes.ts';
import { factOf } from './weights.ts';
import type { About, Weights } from './weights.ts';

type OriginalKind = 'dit' | 'sit' | 'repa';
const KINDS: readonly OriginalKind[] = ['dit', 'sit', 'repa'];
const PATCHES = 'x_embedder.proj.weight';

export const originalDit: Layout = {
  kinds: KINDS,
  signature: [PATCHES, 't_embedder.mlp.0.weight', 'blocks.0.attn.qkv.weight', 'final_layer.linear.weight'],
  get examples() {
    const keys = originalParameters(EXAMPLE).flatMap(({ sources }) => sources.map(({ key }) => key));
    return KINDS.map((kind) => ({ kind, keys }));
  },
  read: readOriginal,
};

function readOriginal(weights: Weights, about: About, options: RecognitionOptions): Plan | Misfit {
  const assumptions = new Assumptions();
  const learnsSigma = (weights.shape('final_layer.linear.weight', 2)?.[0] ?? 0) >= sigmaRows(weights);
  const kind = kindOf(weights, about, options, assumptions, learnsSigma);
  const patches = weights.shape(PATCHES, 4);
  const time = weights.shape('t_embedder.mlp.0.weight', 2);
  const last = weights.shape('final_layer.linear.weight', 2);
  if (patches?.[2] !== patches?.[3] || !patches || !time || !last) {
    const found = weights.tensor(PATCHES)!.shape;
    return {
      kind,
      misfit:
        `${PATCHES} is ${shapeText(found)}, expected [width, channels, patch, patch]; ` +
        `t_embedder.mlp.0.weight and final_layer.linear.weight, expected two dimensions each`,
    };
  }
  const [width, channels, patch] = patches as [number, number, number];
  const tokens = weights.shape('pos_embed', 3)?.[1] ?? (32 / patch) ** 2;
  const normed = weights.shape('blocks.0.attn.q_norm.weight', 1)?.[0];
  const told = normed !== undefined && width % normed === 0 ? width / normed : undefined;
  const heads = told ?? assumptions.settle('heads', options.heads, () => assumedHeads(about, width));
  const early = weights.count('blocks');
  const late = weights.count('decoder_blocks');
  const config: DitConfig = {
    network: 'dit',
    size: Math.max(1, Math.round(Math.sqrt(tokens))) * patch,
    patch,
    channels,
    width,
    depth: early + late,
    heads,
    mlpWidth: weights.shape('blocks.0.mlp.fc1.weight', 2)?.[0] ?? 4 * width,
    classes: Math.max(1, (weights.shape('y_embedder.embedding_table.weight', 2)?.[0] ?? 1001) - 1),
    timeChannels: time[1]!,
    timeDivisor: assumptions.settle('timeDivisor', options.timeDivisor, () => ({
      value: 'half',
      why: 'as in the DiT release',
    })),
    mlpNormEps: 1e-6,
    qkNorm: weights.has('blocks.0.attn.q_norm.weight'),
    head: { kind: 'field', channels: Math.max(1, Math.round(last[0]! / patch ** 2)) },
  };
  return {
    kind,
    config,
    convention: assumptions.settle('convention', options.convention, () => assumedConvention(kind, about)),
    alternatives: isTold(weights) ? [] : KINDS.filter((other) => other !== kind),
    assumed: assumptions.made,
    use: 'teacher',
    parameters: originalParameters(config, (block) =>
      block < early ? `blocks.${block}` : `decoder_blocks.${block - early}`,
    ),
    whyUnused: (key) => (key.startsWith('projectors.') ? 'projector of REPA, only for its training' : null),
    problems: [],
  };
}

const NAMES = { dit: 'DiT', sit: 'SiT', repa: 'REPA' } as const;

function assumedConvention(kind: OriginalKind, about: About): { value: Convention; why: string } {
  const said = conventionOfMetadata(about);
  return said === null
    ? { value: kind, why: `as ${NAMES[kind]} asks its network` }
    : { value: said, why: 'from what the file says of itself' };
}

/** Projectors and decoder blocks are REPA's alone. */
function isTold(weights: Weights): boolean {
  return weights.keys.some((key) => /^(projectors|decoder_blocks)\./.test(key));
}

function kindOf(
  weights: Weights,
  about: About,
  options: RecognitionOptions,
  assumptions: Assumptions,
  learnsSigma: boolean,
): OriginalKind {
  const chosen = KINDS.find((kind) => kind === options.kind);
  if (isTold(weights) && !chosen) return 'repa';
  return assumptions.settle('kind', chosen, () => assumedKind(about, learnsSigma));
}

function assumedKind(about: About, learnsSigma: boolean): { value: OriginalKind; why: string } {
  const said = conventionOfMetadata(about) ?? factOf(about, ['kind'])?.value;
  const own = KINDS.find((kind) => kind === said);
  if (own) return { value: own, why: 'from what the file says of itself' };
  // REPA's trainer names its networks "SiT-XL/2" too; these settings are its alone.
  const repa = factOf(about, ['proj_coeff', 'enc_type', 'encoder_depth', 'projector_embed_dims']);
  if (repa) return { value: 'repa', why: `from ${repa.key} in the file, a setting of REPA` };
  const model = factOf(about, ['model', 'model_name', 'arch']);
  const told = [
    { text: model?.value ?? '', why: `from ${model?.key ?? ''}, ${JSON.stringify(model?.value ?? '')}` },
    { text: about.fileName, why: "from the file's name" },
  ];
  for (const kind of ['repa', 'sit', 'dit'] as const) {
    const by = told.find(({ text }) => new RegExp(`(^|[^a-z])${kind}(?![a-z])`, 'i').test(text));
    if (by) return { value: kind, why: by.why };
  }
  const why = 'a guess: DiT, SiT and REPA have the same keys, and nothing tells';
  return { value: learnsSigma ? 'dit' : 'sit', why };
}

/** Rows of a last layer that says a variance for every channel of the input. */
function sigmaRows(weights: Weights): number {
  const [, channels = 0, height = 0, width = 0] = weights.shape(PATCHES, 4) ?? [];
  return 2 * channels * height * width;
}

/**
 * The parameters of ours by their names and layouts in the release: linears [out, in], the convolution
 * OIHW. The way back is the inverse of each rearrangement.
 *
 * @param config  with a `field` head and classes  @param blockName  `blocks.3` unless told otherwise
 */
export function originalParameters(
  config: DitConfig,
  blockName: (block: number) => string = (block) => `blocks.${block}`,
): MappedParameter[] {
  const { size, patch, channels, width, depth, heads, mlpWidth, classes, timeChannels, qkNorm, head } =
    config;
  const tokens = (size / patch) ** 2;
  const out = patch * patch * (head.kind === 'field' ? head.channels : 0);
  return [
    single('embed.weight', [patch * patch * channels, width], PATCHES, [width, channels, patch, patch]),
    single('embed.bias', [width], 'x_embedder.proj.bias'),
    single('positions', [tokens, width], 'pos_embed', [1, tokens, width]),
    ...linear('time.0', 't_embedder.mlp.0', timeChannels, width),
    ...linear('time.2', 't_embedder.mlp.2', width, width),
    single('classes', [classes + 1, width], 'y_embedder.embedding_table.weight'),
    ...Array.from({ length: depth }, (_, i) => {
      const [own, theirs] = [`blocks.${i}`, blockName(i)];
      return [
        ...linear(`${own}.adaLN`, `${theirs}.adaLN_modulation.1`, width, 6 * width),
        ...linear(`${own}.qkv`, `${theirs}.attn.qkv`, width, 3 * width),
        ...(qkNorm
          ? [
              single(`${own}.qNorm`, [width / heads], `${theirs}.attn.q_norm.weight`),
              single(`${own}.kNorm`, [width / heads], `${theirs}.attn.k_norm.weight`),
            ]
          : []),
        ...linear(`${own}.proj`, `${theirs}.attn.proj`, width, width),
        ...linear(`${own}.fc1`, `${theirs}.mlp.fc1`, width, mlpWidth),
        ...linear(`${own}.fc2`, `${theirs}.mlp.fc2`, mlpWidth, width),
      ];
    }).flat(),
    ...linear('final.adaLN', 'final_layer.adaLN_modulation.1', width, 2 * width),
    ...linear('final.linear', 'final_layer.linear', width, out),
  ];
}

/** A tensor of theirs for a parameter of ours: a convolution where it has four dimensions. */
function single(
  name: string,
  shape: readonly number[],
  key: string,
  theirs: readonly number[] = shape,
  rearrange: Rearrangement = theirs.length === 4 ? hwioFromOihw(theirs) : unchanged(theirs),
): MappedParameter {
  return { name, shape, sources: [{ key, shape: theirs }], rearrange };
}

function linear(name: string, key: string, into: number, out: number): MappedParameter[] {
  return [
    single(`${name}.weight`, [into, out], `${key}.weight`, [out, into], transposed(out, into)),
    single(`${name}.bias`, [out], `${key}.bias`),
  ];
}

const EXAMPLE: DitConfig = {
  network: 'dit',
  size: 4,
  patch: 2,
  channels: 4,
  width: 8,
  depth: 1,
  heads: 1,
  mlpWidth: 32,
  classes: 1,
  timeChannels: 8,
  timeDivisor: 'half',
  mlpNormEps: 1e-6,
  qkNorm: false,
  head: { kind: 'field', channels: 8 },
};
