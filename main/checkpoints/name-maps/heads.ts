import { factOf, wholeFactOf } from './weights.ts';
import type { About } from './weights.ts';

/** The networks of DiT (Peebles and Xie 2023), which SiT and REPA share. */
const SIZES = [
  { name: 'S', width: 384, depth: 12, heads: 6 },
  { name: 'B', width: 768, depth: 12, heads: 12 },
  { name: 'L', width: 1024, depth: 24, heads: 16 },
  { name: 'XL', width: 1152, depth: 28, heads: 16 },
] as const;

/** "XL" for a network so wide and deep, null for none of the published ones. */
export function sizeName(width: number, depth: number, heads: number): string | null {
  const found = SIZES.find((size) => size.width === width && size.depth === depth && size.heads === heads);
  return found?.name ?? null;
}

/** How many heads a network so wide has, from what its file says, else from what is usual. */
export function assumedHeads(about: About, width: number): { value: number; why: string } {
  const heads = wholeFactOf(about, ['num_attention_heads', 'num_heads']);
  if (heads) return { value: heads.value, why: `from ${heads.key} in the file` };
  const each = wholeFactOf(about, ['attention_head_dim']);
  if (each && width % each.value === 0) {
    return { value: width / each.value, why: `from ${each.key} in the file` };
  }
  const named = namedSize(about, width);
  if (named) return named;
  const usual = SIZES.find((size) => size.width === width);
  if (usual) return { value: usual.heads, why: `DiT-${usual.name}, ${width} wide, has ${usual.heads}` };
  for (const size of [64, 72]) {
    if (width % size === 0) return { value: width / size, why: `heads of ${size} channels are usual` };
  }
  const value = [4, 2, 1].find((count) => width % count === 0)!;
  return { value, why: `a guess: nothing tells, and ${value} divides ${width}` };
}

function namedSize(about: About, width: number): { value: number; why: string } | null {
  const model = factOf(about, ['model', 'model_name', 'arch']);
  const told = [
    { text: model?.value ?? '', why: `from ${model?.key ?? ''}, ${JSON.stringify(model?.value ?? '')}` },
    { text: about.fileName, why: "from the file's name" },
  ];
  for (const { text, why } of told) {
    const letter = /(?:^|[^a-z])[sd]it[-_ ]?(s|b|l|xl)(?=$|[^a-z])/i.exec(text)?.[1]?.toUpperCase();
    const size = SIZES.find(({ name }) => name === letter);
    if (size?.width === width) return { value: size.heads, why };
  }
  return null;
}
