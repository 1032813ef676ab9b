/** Sets of weights that lie side by side in one file: `model` and `ema`, or the parts of a pipeline. */
import type { TensorInfo } from '../checkpoint.ts';
import { layouts } from './layouts.ts';
import type { Layout } from './layout.ts';
import { sizeOfShape } from './shapes.ts';

export interface WeightGroup {
  /** Names begin with it and a dot; empty for the top level. */
  readonly prefix: string;
  readonly tensors: number;
  readonly parameters: number;
}

/** Keys under which trainers keep weights. */
const WRAPPERS =
  /^(model|ema|ema_model|model_ema|state_dict|module|net|network|params|params_ema|generator)$/;
/** More sets than this in one file are no sets of weights. */
const MOST_GROUPS = 16;

/** A place in a file where the signature of a layout is. */
export interface Candidate {
  readonly layout: Layout;
  readonly group: string;
}

/**
 * Every place where a known layout may be, by its signature: whatever the prefixes are called, and
 * however they are nested. EMA weights come first, then short prefixes.
 *
 * @returns at most 16
 */
export function candidatesIn(names: ReadonlyMap<string, TensorInfo>): Candidate[] {
  const found: Candidate[] = [];
  for (const name of names.keys()) {
    for (const layout of layouts()) {
      const anchor = layout.signature[0]!;
      if (!name.endsWith(anchor)) continue;
      const prefix = name.slice(0, name.length - anchor.length);
      const isWhole = prefix === '' || (prefix.endsWith('.') && prefix.length > 1);
      if (isWhole && layout.signature.every((key) => names.has(prefix + key))) {
        found.push({ layout, group: prefix.slice(0, -1) });
      }
    }
  }
  return found.sort((a, b) => compareGroups(a.group, b.group)).slice(0, MOST_GROUPS);
}

/** EMA first, then the shorter, then the alphabet: what comes first does not depend on the file's order. */
export function compareGroups(a: string, b: string): number {
  return Number(isEma(b)) - Number(isEma(a)) || a.length - b.length || (a < b ? -1 : Number(a > b));
}

export function isEma(group: string): boolean {
  return /(^|[._])ema(\d|$|[._])/i.test(group);
}

/** The sets of weights of a file, in its order: where layouts are, and under the usual wrappers. */
export function groupsOf(tensors: readonly TensorInfo[]): WeightGroup[] {
  const names = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const prefixes = new Set(candidatesIn(names).map(({ group }) => group));
  const wrappers = new Set<string>();
  for (const { name } of tensors) {
    const first = name.split('.', 1)[0]!;
    if (first !== name && WRAPPERS.test(first)) wrappers.add(first);
  }
  for (const wrapper of wrappers) {
    if (![...prefixes].some((prefix) => prefix === wrapper || prefix.startsWith(`${wrapper}.`))) {
      prefixes.add(wrapper);
    }
  }
  const totals = new Map([...prefixes].map((prefix) => [prefix, { tensors: 0, parameters: 0 }]));
  for (const { name, shape } of tensors) {
    for (const [prefix, total] of totals) {
      if (prefix !== '' && !name.startsWith(`${prefix}.`)) continue;
      total.tensors++;
      total.parameters += sizeOfShape(shape);
    }
  }
  return [...totals]
    .map(([prefix, total]) => ({ prefix, ...total }))
    .sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
}
