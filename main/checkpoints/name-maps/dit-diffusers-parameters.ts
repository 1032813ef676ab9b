import type { DitConfig } from '#contract/networks.ts';
import { hwioFromOihw, transposed, unchanged } from './mapping.ts';
import type { MappedParameter } from './mapping.ts';

export interface DiffusersShape {
  /** Prefix of the embedders of time and class: that of the first block, or one for all. */
  readonly embedder: string;
  /** Numbers of `proj_out_2` at each place of a patch; those beyond a field's channels are dropped. */
  readonly rowsPerPlace: number;
  /** The table of positions, which few files have. */
  readonly table: string | null;
}

/** Our parameters in the names of diffusers. */
export function diffusersParameters(
  config: DitConfig,
  { embedder, rowsPerPlace, table }: DiffusersShape,
): MappedParameter[] {
  const { size, patch, channels, width, depth, mlpWidth, blockEmbeddings = false } = config;
  const tokens = (size / patch) ** 2;
  return [
    {
      name: 'embed.weight',
      shape: [patch * patch * channels, width],
      sources: [{ key: 'pos_embed.proj.weight', shape: [width, channels, patch, patch] }],
      rearrange: hwioFromOihw([width, channels, patch, patch]),
    },
    same('embed.bias', [width], 'pos_embed.proj.bias'),
    table === null
      ? {
          name: 'positions',
          shape: [tokens, width],
          sources: [],
          rearrange: unchanged([tokens, width]),
          computed: 'positions',
        }
      : same('positions', [tokens, width], table, [1, tokens, width]),
    ...embedderParameters(config, '', embedder),
    // Released files hold one embedder over and over; others may have trained them apart.
    ...Array.from({ length: blockEmbeddings ? depth - 1 : 0 }, (_, i) =>
      embedderParameters(config, `blocks.${i + 1}.`, `transformer_blocks.${i + 1}.norm1.emb`),
    ).flat(),
    ...Array.from({ length: depth }, (_, i) => blockParameters(i, width, mlpWidth)).flat(),
    ...linear('final.adaLN', 'proj_out_1', width, 2 * width),
    ...headParameters(config, rowsPerPlace),
  ];
}

function embedderParameters(
  { width, classes, timeChannels }: DitConfig,
  own: string,
  theirs: string,
): MappedParameter[] {
  return [
    ...linear(`${own}time.0`, `${theirs}.timestep_embedder.linear_1`, timeChannels, width),
    ...linear(`${own}time.2`, `${theirs}.timestep_embedder.linear_2`, width, width),
    same(`${own}classes`, [classes + 1, width], `${theirs}.class_embedder.embedding_table.weight`),
  ];
}

function blockParameters(block: number, width: number, mlpWidth: number): MappedParameter[] {
  const [own, theirs] = [`blocks.${block}`, `transformer_blocks.${block}`];
  const parts = ['to_q', 'to_k', 'to_v'].map((part) => `${theirs}.attn1.${part}`);
  return [
    ...linear(`${own}.adaLN`, `${theirs}.norm1.linear`, width, 6 * width),
    {
      name: `${own}.qkv.weight`,
      shape: [width, 3 * width],
      sources: parts.map((part) => ({ key: `${part}.weight`, shape: [width, width] })),
      rearrange: transposed(3 * width, width),
    },
    {
      name: `${own}.qkv.bias`,
      shape: [3 * width],
      sources: parts.map((part) => ({ key: `${part}.bias`, shape: [width] })),
      rearrange: unchanged([3 * width]),
    },
    ...linear(`${own}.proj`, `${theirs}.attn1.to_out.0`, width, width),
    ...linear(`${own}.fc1`, `${theirs}.ff.net.0.proj`, width, mlpWidth),
    ...linear(`${own}.fc2`, `${theirs}.ff.net.2`, mlpWidth, width),
  ];
}

function headParameters(
  { head, patch, channels, width }: DitConfig,
  rowsPerPlace: number,
): MappedParameter[] {
  const area = patch * patch;
  if (head.kind === 'gm') {
    return [
      ...linear('means', 'proj_out_means', width, area * head.components * channels),
      ...linear('logWeights', 'proj_out_logweights', width, area * head.components),
      ...linear('logStd.0', 'proj_out_logstds.1', width, head.logStdWidth),
      ...linear('logStd.2', 'proj_out_logstds.3', head.logStdWidth, 1),
    ];
  }
  const used = head.kind === 'dx' ? head.points * channels : head.channels;
  if (used === rowsPerPlace) return linear('final.linear', 'proj_out_2', width, area * used);
  // What stands after a field's channels at every place is the spread of a single Gaussian.
  const keep = { axis: 1, size: used };
  return [
    {
      name: 'final.linear.weight',
      shape: [width, area * used],
      sources: [{ key: 'proj_out_2.weight', shape: [area * rowsPerPlace, width] }],
      rearrange: { view: [area, rowsPerPlace, width], axes: [2, 0, 1], keep },
    },
    {
      name: 'final.linear.bias',
      shape: [area * used],
      sources: [{ key: 'proj_out_2.bias', shape: [area * rowsPerPlace] }],
      rearrange: { view: [area, rowsPerPlace], axes: [0, 1], keep },
    },
  ];
}

function linear(name: string, key: string, into: number, out: number): MappedParameter[] {
  return [
    {
      name: `${name}.weight`,
      shape: [into, out],
      sources: [{ key: `${key}.weight`, shape: [out, into] }],
      rearrange: transposed(out, into),
    },
    same(`${name}.bias`, [out], `${key}.bias`),
  ];
}

function same(
  name: string,
  shape: readonly number[],
  key: string,
  theirs: readonly number[] = shape,
): MappedParameter {
  return { name, shape, sources: [{ key, shape: theirs }], rearrange: unchanged(theirs) };
}
