import { Curve } from './curve.ts';
import type { ScaleKind } from './scales.ts';
import type { SeriesBuffer } from './series-buffer.ts';

/** The curves of a chart, each made once: per axis its raw values, and their newest moving average. */
export class CurveCache {
  readonly #raw = new WeakMap<SeriesBuffer, Map<ScaleKind, Curve>>();
  readonly #smooth = new WeakMap<SeriesBuffer, { kind: ScaleKind; weight: number; curve: Curve }>();

  /** An up-to-date curve of a series. */
  get(source: SeriesBuffer, kind: ScaleKind, weight: number): Curve {
    const curve = weight === 0 ? this.#rawOf(source, kind) : this.#smoothOf(source, kind, weight);
    curve.update();
    return curve;
  }

  #rawOf(source: SeriesBuffer, kind: ScaleKind): Curve {
    const byKind = this.#raw.get(source) ?? new Map<ScaleKind, Curve>();
    this.#raw.set(source, byKind);
    const curve = byKind.get(kind) ?? new Curve(source, kind, 0);
    byKind.set(kind, curve);
    return curve;
  }

  #smoothOf(source: SeriesBuffer, kind: ScaleKind, weight: number): Curve {
    let cached = this.#smooth.get(source);
    if (cached?.kind !== kind || cached.weight !== weight) {
      cached = { kind, weight, curve: new Curve(source, kind, weight) };
      this.#smooth.set(source, cached);
    }
    return cached.curve;
  }
}
