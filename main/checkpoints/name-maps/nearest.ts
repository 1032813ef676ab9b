import type { CheckpointKind } from '#contract/checkpoints.ts';
import type { TensorInfo } from '../checkpoint.ts';
import { layouts } from './layouts.ts';
import { kindName } from './titles.ts';

/** A layout of which less is there than this is no neighbour. */
const LEAST_SHARED = 0.2;
const MOST_NAMED = 3;

/**
 * The layout that shares most keys with a file, numbers and prefixes aside, and what of it is missing.
 * A name is read from its end for as long as a known key goes on like it: strangers cost one look.
 */
export function nearestLayout(tensors: readonly TensorInfo[]): { kind: CheckpointKind; why: string } | null {
  const examples = layouts().flatMap((layout) =>
    layout.examples.map(({ kind, keys }) => ({ kind, patterns: [...new Set(keys.map(patternOf))] })),
  );
  const there = endsIn(tensors, new Set(examples.flatMap(({ patterns }) => patterns.flatMap(endsOf))));
  let best: { kind: CheckpointKind; share: number; why: string } | null = null;
  for (const { kind, patterns } of examples) {
    const missing = patterns.filter((pattern) => !there.has(pattern));
    const share = 1 - missing.length / patterns.length;
    if (share < LEAST_SHARED || share <= (best?.share ?? 0)) continue;
    best = { kind, share, why: whyNot(kind, patterns.length, missing) };
  }
  return best && { kind: best.kind, why: best.why };
}

function whyNot(kind: CheckpointKind, of: number, missing: readonly string[]): string {
  const there = `${of - missing.length} of the ${of} kinds of keys of ${kindName(kind)} are there`;
  if (missing.length === 0) return `${there}, but not under one prefix`;
  const named = missing.slice(0, MOST_NAMED).join(', ');
  const rest = missing.length - MOST_NAMED;
  return `${there}; missing: ${named}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** The `known` ends of names, numbers replaced: `ema.blocks.3.attn.qkv.bias` ends in `blocks.#.attn.qkv.bias`. */
function endsIn(tensors: readonly TensorInfo[], known: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  for (const { name } of tensors) {
    let end = '';
    for (let to = name.length; to >= 0;) {
      const dot = to === 0 ? -1 : name.lastIndexOf('.', to - 1);
      const part = patternOf(name.slice(dot + 1, to));
      end = end === '' ? part : `${part}.${end}`;
      if (!known.has(end)) break;
      found.add(end);
      to = dot;
    }
  }
  return found;
}

/** `a.b.c`, `b.c` and `c`. */
function endsOf(pattern: string): string[] {
  const parts = pattern.split('.');
  return parts.map((_, from) => parts.slice(from).join('.'));
}

function patternOf(name: string): string {
  return name.replaceAll(/(?<=^|\.)\d+(?=\.|$)/g, '#');
}
