import type { CheckpointKind } from '#contract/checkpoints.ts';
import type { TensorInfo } from '../checkpoint.ts';
import { layouts } from './layouts.ts';
import { kindName } from './titles.ts';

/** A layout of which less is there than this is no neighbour. */
const LEAST_SHARED = 0.2;
/** Longest name that is looked at, in parts: wrappers and modules nest no deeper. */
const MOST_PARTS = 16;
const MOST_NAMED = 3;

/**
 * The layout that shares most keys with a file, numbers and prefixes aside, and what of it is missing.
 * Of an ordinary file the cost is one set of a few hundred patterns, however many blocks it has.
 */
export function nearestLayout(tensors: readonly TensorInfo[]): { kind: CheckpointKind; why: string } | null {
  const ends = patternsOf(tensors);
  let best: { kind: CheckpointKind; share: number; why: string } | null = null;
  for (const { kind, keys } of layouts().flatMap(({ examples }) => examples)) {
    const patterns = [...new Set(keys.map(patternOf))];
    const missing = patterns.filter((pattern) => !ends.has(pattern));
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

/** Every end of every name with its numbers replaced: `ema.blocks.3.attn.qkv.bias` ends in `blocks.#.attn.qkv.bias`. */
function patternsOf(tensors: readonly TensorInfo[]): Set<string> {
  const whole = new Set(tensors.map(({ name }) => patternOf(name)));
  const ends = new Set<string>();
  for (const pattern of whole) {
    const parts = pattern.split('.').slice(-MOST_PARTS);
    for (let from = 0; from < parts.length; from++) ends.add(parts.slice(from).join('.'));
  }
  return ends;
}

function patternOf(name: string): string {
  return name.replaceAll(/(?<=^|\.)\d+(?=\.|$)/g, '#');
}
