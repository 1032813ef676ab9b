import type { ViewFrame } from '#contract/frames.ts';
import { colourMapBetween } from '../../scene/colour-maps.ts';
import type { Layer } from '../../scene/layers.ts';
import { Trail } from '../../scene/trail.ts';
import type { LinearRgb } from '../../theme/oklch.ts';

interface Inputs {
  frame: () => ViewFrame | null;
  /** Sampler time, read only where there are paths through it. */
  t: () => number;
  start: () => LinearRgb;
  end: () => LinearRgb;
}

/** Training steps that a generated sample's trail goes back to. */
const trailLength = 10;

/** Past this many paths single lines are no longer told apart: they turn into a density. */
const clearUpTo = 300;

/** The layers of the trajectories view: sampler paths, or trails through training. */
export class TrajectoryLayers {
  readonly #inputs: Inputs;
  readonly #trail = new Trail(trailLength);
  readonly #colours = $derived.by(() => colourMapBetween(this.#inputs.start(), this.#inputs.end()));
  readonly #paths = $derived.by(() => this.#pathsOf(this.#inputs.frame()));

  readonly layers: readonly Layer[] = $derived.by(() => {
    const paths = this.#paths;
    if (paths === null) return [];
    return [
      {
        kind: 'paths',
        key: 'paths',
        ...paths,
        t: paths.isTrail ? 0 : this.#inputs.t(),
        colours: this.#colours,
        headColour: this.#inputs.end(),
        headSize: paths.count > 2000 ? 2.5 : 4,
        opacity: (paths.isTrail ? 0.5 : 1) * lineOpacity(paths.count),
      },
    ];
  });

  constructor(inputs: Inputs) {
    this.#inputs = inputs;
  }

  #pathsOf(frame: ViewFrame | null) {
    if (frame === null) {
      this.#trail.clear();
      return null;
    }
    const { dim, count, arrays } = frame;
    const { positions, times, points } = arrays;
    if (positions !== undefined && times !== undefined)
      return { positions, times, count, dim, isTrail: false };
    if (points === undefined) return null;
    this.#trail.push(frame.step, points);
    return { ...this.#trail.paths(dim), dim, isTrail: true };
  }
}

/** Many lines add up: each is fainter, so that their density can be read. */
function lineOpacity(count: number): number {
  return Math.max(0.06, Math.min(0.7, 0.55 * Math.sqrt(clearUpTo / Math.max(1, count))));
}
