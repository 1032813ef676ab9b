/**
 * The memory of data points that Drifting draws its positives from: the newest of every class, so that a
 * batch of many points of few classes does not need as many fresh ones.
 */
import type { Rng } from '../../tensor/rng.ts';

/** Points of a step with their classes; one class where `labels` is left out. */
export interface LabelledPoints {
  /** Flat [count * dim]. */
  readonly points: Float32Array;
  /** [count] whole numbers from 0. */
  readonly labels?: ArrayLike<number>;
}

/** A ring of the newest points of each class. */
export class SampleBank {
  readonly capacity: number;
  readonly dim: number;
  private readonly rings: Ring[];

  /** @param capacity  points kept of a class  @param dim  numbers in a point */
  constructor({ capacity, dim, classes = 1 }: { capacity: number; dim: number; classes?: number }) {
    this.capacity = capacity;
    this.dim = dim;
    this.rings = Array.from({ length: classes }, () => ({
      points: new Float32Array(capacity * dim),
      pushed: 0,
    }));
  }

  /** Adds points in their order; each replaces the oldest of its class where that is full. */
  push({ points, labels }: LabelledPoints): void {
    const { capacity, dim } = this;
    for (let i = 0; i < points.length / dim; i++) {
      const ring = this.ringOf(labels?.[i] ?? 0);
      ring.points.set(points.subarray(i * dim, (i + 1) * dim), (ring.pushed % capacity) * dim);
      ring.pushed++;
    }
  }

  /** Points held of a class. */
  count(label = 0): number {
    return Math.min(this.ringOf(label).pushed, this.capacity);
  }

  /** Whether every class holds as many points as it can. */
  get isFull(): boolean {
    return this.rings.every(({ pushed }) => pushed >= this.capacity);
  }

  /** The points of a class, the oldest first, flat [count * dim]. */
  points(label = 0): Float32Array {
    const held = this.count(label);
    return this.gathered(
      label,
      Int32Array.from({ length: held }, (_, age) => age),
    );
  }

  /**
   * Random points of a class, flat [count * dim]: none twice, unless it holds fewer than `count`.
   * @throws RangeError if it holds none
   */
  draw(rng: Rng, count: number, label = 0): Float32Array {
    const held = this.count(label);
    if (held === 0) throw new RangeError(`class ${label} of the bank is empty`);
    const ages =
      held >= count
        ? rng.permutation(held).subarray(0, count)
        : Int32Array.from({ length: count }, () => rng.int(held));
    return this.gathered(label, ages);
  }

  /**
   * By age, 0 the oldest, rather than by place in the ring: the same points in the same order are then
   * the same bank, however many were pushed before them.
   */
  private gathered(label: number, ages: Int32Array): Float32Array {
    const { capacity, dim } = this;
    const { points, pushed } = this.ringOf(label);
    const oldest = Math.max(0, pushed - capacity);
    const out = new Float32Array(ages.length * dim);
    ages.forEach((age, i) => {
      const place = (oldest + age) % capacity;
      out.set(points.subarray(place * dim, (place + 1) * dim), i * dim);
    });
    return out;
  }

  private ringOf(label: number): Ring {
    const ring = this.rings[label];
    if (ring === undefined) {
      throw new RangeError(`expected a class below ${this.rings.length}, found ${label}`);
    }
    return ring;
  }
}

interface Ring {
  readonly points: Float32Array;
  /** Points ever pushed. */
  pushed: number;
}

/**
 * A bank whose content is a function of the step alone, as everything that a step draws must be: what is
 * pushed at step k depends on the counter of step k, so a run that is resumed, or a step that is done
 * again, pushes anew what the bank would hold, from as far back as it takes to fill it.
 */
export class SteppedBank {
  private bank: SampleBank;
  private step: number;
  private readonly first: number;
  private readonly empty: () => SampleBank;
  private readonly pushedAt: (step: number) => LabelledPoints;

  /**
   * @param pushedAt  what step k pushes: the same at every call
   * @param first  the step of the first push; 0 for a bank that holds something before the first step
   */
  constructor(empty: () => SampleBank, pushedAt: (step: number) => LabelledPoints, first: 0 | 1 = 1) {
    this.first = first;
    this.step = first - 1;
    this.empty = empty;
    this.pushedAt = pushedAt;
    this.bank = empty();
  }

  /** The bank after the pushes of the first step to `step`. */
  at(step: number): SampleBank {
    if (step === this.step + 1) this.bank.push(this.pushedAt(step));
    else if (step !== this.step) this.bank = this.replayed(step);
    this.step = step;
    return this.bank;
  }

  /** The newest pushes, from the last one backwards until they fill a bank, then pushed in their order. */
  private replayed(step: number): SampleBank {
    const trial = this.empty();
    const pushes: LabelledPoints[] = [];
    for (let k = step; k >= this.first && !trial.isFull; k--) {
      const pushed = this.pushedAt(k);
      trial.push(pushed);
      pushes.push(pushed);
    }
    const bank = this.empty();
    for (const pushed of pushes.reverse()) bank.push(pushed);
    return bank;
  }
}
