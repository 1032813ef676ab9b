/** What recognition knows of a file: names and shapes, and plain values beside them; no elements. */
import type { Checkpoint, TensorInfo } from '../checkpoint.ts';

export type About = Pick<Checkpoint, 'tensors' | 'facts' | 'metadata' | 'format'> & {
  /** Without its folder; names such as `SiT-XL-2-256x256.pt` tell what shapes cannot. */
  readonly fileName: string;
};

/** The tensors whose names begin with one prefix, by the rest of their names. */
export class Weights {
  readonly group: string;
  /** Relative names, in the order of the file. */
  readonly keys: readonly string[];
  private readonly prefix: string;
  private readonly byName: ReadonlyMap<string, TensorInfo>;

  constructor(byName: ReadonlyMap<string, TensorInfo>, group: string) {
    this.group = group;
    this.prefix = group === '' ? '' : `${group}.`;
    this.byName = byName;
    this.keys = [...byName.keys()]
      .filter((name) => name.startsWith(this.prefix))
      .map((name) => name.slice(this.prefix.length));
  }

  fullName(key: string): string {
    return this.prefix + key;
  }

  /** Whether a full name lies under the prefix. */
  holds(name: string): boolean {
    return name.startsWith(this.prefix);
  }

  /** The relative name of what {@link holds}. */
  keyOf(name: string): string {
    return name.slice(this.prefix.length);
  }

  tensor(key: string): TensorInfo | undefined {
    return this.byName.get(this.prefix + key);
  }

  has(key: string): boolean {
    return this.byName.has(this.prefix + key);
  }

  /** The shape of a tensor, or null where there is none or it has other dimensions or none of some. */
  shape(key: string, rank: number): readonly number[] | null {
    const shape = this.tensor(key)?.shape;
    return shape?.length === rank && shape.every((size) => size > 0) ? shape : null;
  }

  /**
   * How many numbered parts `name.0`, `name.1`, ... there are, gaps filled: of 27 blocks between 0 and
   * 27, one is missing. Numbers beyond twice as many as there are parts count as strangers.
   */
  count(name: string): number {
    const found = new Set<number>();
    for (const key of this.keys) {
      if (!key.startsWith(`${name}.`)) continue;
      const digits = /^\d{1,6}(?=\.)/.exec(key.slice(name.length + 1));
      if (digits) found.add(Number(digits[0]));
    }
    const numbers = [...found].filter((number) => number < 2 * found.size);
    return numbers.length === 0 ? 0 : Math.max(...numbers) + 1;
  }
}

/**
 * A plain value that lies in the file, by the last part of its key: `heads` finds `args.heads`. Those
 * of an optimiser are left out; of several the shortest key counts.
 *
 * @param names  in order of preference
 */
export function factOf(about: About, names: readonly string[]): { key: string; value: string } | null {
  for (const name of names) {
    const found = [...about.facts, ...about.metadata]
      .filter(([key]) => key === name || (key.endsWith(`.${name}`) && !/^opt/.test(key)))
      .sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1))[0];
    if (found) return { key: found[0], value: found[1] };
  }
  return null;
}

/** As {@link factOf}, of those that are positive whole numbers. */
export function wholeFactOf(about: About, names: readonly string[]): { key: string; value: number } | null {
  for (const name of names) {
    const found = factOf(about, [name]);
    if (found && /^[1-9]\d{0,8}$/.test(found.value)) return { key: found.key, value: Number(found.value) };
  }
  return null;
}
