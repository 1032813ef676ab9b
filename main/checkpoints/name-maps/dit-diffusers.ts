/**
 * The names of diffusers' DiTTransformer2DModel, and of pi-Flow (Lakonik/piFlow), whose networks are that
 * model with one embedder for all blocks and, for students, other last layers.
 */
import type { CheckpointKind, RecognitionOptions } from '#contract/checkpoints.ts';
import type { Convention, DitConfig } from '#contract/networks.ts';
import { diffusersParameters } from './dit-diffusers-parameters.ts';
import type { DiffusersShape } from './dit-diffusers-parameters.ts';
import { headOf } from './dit-diffusers-head.ts';
import { assumedHeads } from './heads.ts';
import { Assumptions } from './layout.ts';
import type { Layout, Misfit, Plan } from './layout.ts';
import { shapeText } from './shapes.ts';
import { factOf, wholeFactOf } from './weights.ts';
import type { About, Weights } from './weights.ts';

const PATCHES = 'pos_embed.proj.weight';
const TABLE = 'pos_embed.pos_embed';
const OWN_EMBEDDER = 'transformer_blocks.0.norm1.emb';
const SHARED_EMBEDDER = 'emb';
const TIME = 'timestep_embedder.linear_1.weight';
const QUERY = 'transformer_blocks.0.attn1.to_q.weight';

export const diffusersDit: Layout = layout(['diffusers-dit'], `${OWN_EMBEDDER}.${TIME}`, 'proj_out_2.weight');
export const piflowField: Layout = layout(
  ['piflow-teacher', 'piflow-dx'],
  `${SHARED_EMBEDDER}.${TIME}`,
  'proj_out_2.weight',
);
export const piflowGm: Layout = layout(
  ['piflow-gm'],
  `${SHARED_EMBEDDER}.${TIME}`,
  'proj_out_means.weight',
  'proj_out_logweights.weight',
);

function layout(kinds: readonly CheckpointKind[], ...signature: readonly string[]): Layout {
  return {
    kinds,
    signature: [PATCHES, QUERY, ...signature],
    get examples() {
      return kinds.map((kind) => ({ kind, keys: exampleKeys(kind) }));
    },
    read: readDiffusers,
  };
}

function readDiffusers(weights: Weights, about: About, options: RecognitionOptions): Plan | Misfit {
  const embedder = weights.has(`${OWN_EMBEDDER}.${TIME}`) ? OWN_EMBEDDER : SHARED_EMBEDDER;
  const patches = weights.shape(PATCHES, 4);
  const time = weights.shape(`${embedder}.${TIME}`, 2);
  if (patches?.[2] !== patches?.[3] || !patches || !time) {
    const found = weights.tensor(PATCHES)!.shape;
    return {
      kind: embedder === OWN_EMBEDDER ? 'diffusers-dit' : 'piflow-teacher',
      misfit:
        `${PATCHES} is ${shapeText(found)}, expected [width, channels, patch, patch]; ` +
        `${embedder}.${TIME}, expected two dimensions`,
    };
  }
  const [width, channels, patch] = patches as [number, number, number];
  const assumptions = new Assumptions();
  const heads = assumptions.settle('heads', options.heads, () => assumedHeads(about, width));
  const last = headOf(weights, about, options, assumptions, {
    channels,
    patch,
    isPiflow: embedder === SHARED_EMBEDDER,
  });
  if ('misfit' in last) return last;
  const { kind } = last;
  const config: DitConfig = {
    network: 'dit',
    size: sizeOf(weights, about, options, assumptions, patch),
    patch,
    channels,
    width,
    depth: weights.count('transformer_blocks'),
    heads,
    mlpWidth: weights.shape('transformer_blocks.0.ff.net.2.weight', 2)?.[1] ?? 4 * width,
    classes: Math.max(
      1,
      (weights.shape(`${embedder}.class_embedder.embedding_table.weight`, 2)?.[0] ?? 1001) - 1,
    ),
    timeChannels: time[1]!,
    timeDivisor: assumptions.settle('timeDivisor', options.timeDivisor, () =>
      kind === 'diffusers-dit'
        ? {
            value: 'half-minus-one',
            why: 'diffusers runs it so; weights converted from the DiT release were trained with "half"',
          }
        : { value: 'half', why: 'as pi-Flow runs it' },
    ),
    mlpNormEps: normEpsOf(about),
    qkNorm: false,
    ...(embedder === OWN_EMBEDDER ? { blockEmbeddings: true } : {}),
    head: last.head,
  };
  const shape: DiffusersShape = {
    embedder,
    rowsPerPlace: last.rowsPerPlace,
    table: weights.shape(TABLE, 3) ? TABLE : null,
  };
  return {
    kind,
    config,
    convention: assumptions.settle('convention', options.convention, () => conventionOf(kind, about)),
    alternatives: last.alternatives,
    assumed: assumptions.made,
    use: kind === 'piflow-gm' || kind === 'piflow-dx' ? 'student' : 'teacher',
    parameters: diffusersParameters(config, shape),
    whyUnused: () => null,
    problems:
      shape.table === null && width % 4 !== 0
        ? [`its positions are computed, for which the width must be a multiple of 4, and it is ${width}`]
        : [],
  };
}

function conventionOf(kind: CheckpointKind, about: About): { value: Convention; why: string } {
  if (kind === 'diffusers-dit') return { value: 'dit', why: 'as DiT asks its network' };
  const text = `${about.fileName} ${factOf(about, ['model', 'name'])?.value ?? ''}`;
  return /repa/i.test(text)
    ? { value: 'repa', why: 'its name speaks of REPA' }
    : { value: 'flow-1000', why: 'as pi-Flow asks its own networks' };
}

function sizeOf(
  weights: Weights,
  about: About,
  options: RecognitionOptions,
  assumptions: Assumptions,
  patch: number,
): number {
  const tokens = weights.shape(TABLE, 3)?.[1];
  if (tokens !== undefined) return Math.max(1, Math.round(Math.sqrt(tokens))) * patch;
  return assumptions.settle('size', options.size, () => {
    const told = wholeFactOf(about, ['sample_size', 'input_size', 'latent_size']);
    if (told) return { value: told.value, why: `from ${told.key} in the file` };
    const value = 32 % patch === 0 ? 32 : 16 * patch;
    return {
      value,
      why: 'the latents of images of 256 pixels are usual; the file has no table of positions',
    };
  });
}

/** diffusers gives its blocks' second norm 1e-5 unless its settings say otherwise. */
function normEpsOf(about: About): number {
  const told = Number(factOf(about, ['norm_eps'])?.value);
  return told > 0 && told < 1 ? told : 1e-5;
}

function exampleKeys(kind: CheckpointKind): string[] {
  const heads: Partial<Record<CheckpointKind, DitConfig['head']>> = {
    'piflow-gm': { kind: 'gm', components: 2, logStdWidth: 8 },
    'piflow-dx': { kind: 'dx', points: 3, nfe: 1 },
  };
  const config: DitConfig = {
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
    mlpNormEps: 1e-5,
    qkNorm: false,
    head: heads[kind] ?? { kind: 'field', channels: 4 },
  };
  const embedder = kind === 'diffusers-dit' ? OWN_EMBEDDER : SHARED_EMBEDDER;
  const parameters = diffusersParameters(config, { embedder, rowsPerPlace: 4, table: null });
  return parameters.flatMap(({ sources }) => sources.map(({ key }) => key));
}
