import type { ViewFrame } from '#contract/frames.ts';
import { timeMap } from '../../scene/density-colours.ts';
import type { PlaneGrid } from '../../scene/density.ts';
import { piecesOf, streamlinesOf } from '../../scene/streamlines.ts';
import type { LinearRgb } from '../../theme/oklch.ts';
import type { Paint } from '../../theme/paint.ts';
import type { FieldPicture } from './field-layers.ts';
import { arrowParts, fieldSetOf, leadingPart } from './field-set.ts';
import type { FieldSet, PartId } from './field-set.ts';
import type { FieldSettings } from './settings.svelte.ts';
import { cellsOfNodes, divergenceOf, everyNth, lengthsOf, longestOf } from './vectors.ts';

interface Inputs {
  settings: FieldSettings;
  kind: () => 'drift' | 'velocity' | null;
  grid: () => ViewFrame | null;
  particles: () => ViewFrame | null;
  probe: () => ViewFrame | null;
  /** Sampler time that the particles belong to. */
  t: () => number;
  /** Colour token of the run. */
  runColour: () => string;
}

/** Cells along an axis that streamlines share out among themselves. */
const streamlineCells = 30;
/** Below this share of its greatest magnitude a field is taken to stand still. */
const stillShare = 2e-3;

/** What the frames of a field say, as a picture; what is costly is done again only for other numbers. */
export class FieldModel {
  readonly #inputs: Inputs;
  readonly #parts = $derived.by(() => {
    const kind = this.#inputs.kind();
    return kind === null ? [] : arrowParts(kind, this.#inputs.settings.parts);
  });
  /** The part that streamlines and ground show. */
  readonly leading = $derived.by(() => {
    const kind = this.#inputs.kind();
    return kind === null ? null : leadingPart(kind, this.#inputs.settings.parts);
  });

  /** The square grid lies in the first two axes; on any other plane there is none to show. */
  readonly hasGrid = $derived.by(() => {
    const [across, up] = this.#inputs.settings.axes;
    return across === 0 && up === 1;
  });
  readonly #grid = $derived.by(() => {
    const set = this.hasGrid ? fieldSetOf(this.#inputs.grid(), this.#inputs.settings.axes) : null;
    if (set === null) return null;
    return { set, side: Math.round(Math.sqrt(set.count)), extent: Math.abs(set.points[0] ?? 1) };
  });
  readonly #particles = $derived.by(() => fieldSetOf(this.#inputs.particles(), this.#inputs.settings.axes));
  readonly #probe = $derived.by(() => fieldSetOf(this.#inputs.probe(), this.#inputs.settings.axes));

  readonly #flow = $derived.by(() => {
    const vectors = this.leading === null ? undefined : this.#grid?.set.vectors[this.leading.id];
    return vectors === undefined ? null : { vectors, longest: longestOf(vectors, 2) };
  });
  readonly #streamlines = $derived.by(() => {
    const [grid, flow] = [this.#grid, this.#flow];
    if (!this.#inputs.settings.draws.streamlines || grid === null || flow === null) return null;
    const { side, extent } = grid;
    const { vectors, longest } = flow;
    return piecesOf(
      streamlinesOf({ vectors, side, extent }, { cells: streamlineCells, slowest: stillShare * longest }),
    );
  });
  readonly ground = $derived.by((): FieldPicture['ground'] => {
    const [grid, flow, kind] = [this.#grid, this.#flow, this.#inputs.settings.ground];
    if (kind === 'none' || grid === null || flow === null) return null;
    return { kind, grid: groundOf(kind, flow.vectors, grid.side, grid.extent) };
  });
  readonly #arrows = $derived.by(() => {
    const grid = this.#grid;
    if (!this.#inputs.settings.draws.arrows || grid === null) return null;
    const stride = Math.max(1, Math.round((grid.side - 1) / (this.#inputs.settings.arrows - 1)));
    return thinned(grid.set, grid.side, stride);
  });

  /** Magnitude at the upper end of the colours. */
  readonly longest = $derived.by(() => this.#flow?.longest ?? this.#particles?.longest ?? 0);

  readonly picture = $derived.by((): FieldPicture => {
    const { settings } = this.#inputs;
    const isDrift = this.#inputs.kind() === 'drift';
    const [t, run] = [this.#inputs.t(), this.#inputs.runColour()];
    return {
      arrows: this.#arrows,
      particles: settings.draws.particles ? this.#particles : null,
      areSamples: isDrift,
      flow: this.#grid?.set ?? null,
      streamlines: this.#streamlines,
      ground: this.ground,
      probe: this.#probe,
      parts: this.#parts,
      scale: isDrift ? settings.driftScale : settings.velocityScale,
      longest: this.longest,
      particleColour: isDrift ? (paint) => paint.colour(run) : (paint) => colourAtTime(paint, t),
    };
  });

  constructor(inputs: Inputs) {
    this.#inputs = inputs;
  }
}

function groundOf(
  kind: 'magnitude' | 'divergence',
  vectors: Float32Array,
  side: number,
  extent: number,
): PlaneGrid {
  const values = kind === 'magnitude' ? lengthsOf(vectors, 2) : divergenceOf(vectors, side, extent);
  return cellsOfNodes(values, side, extent);
}

/** Draws of x_t turn from the colour of data to that of noise as t goes from 0 to 1. */
function colourAtTime(paint: Paint, t: number): LinearRgb {
  const map = timeMap(paint);
  const at = 4 * Math.round(Math.min(1, Math.max(0, t)) * (map.length / 4 - 1));
  return [map[at] ?? 0, map[at + 1] ?? 0, map[at + 2] ?? 0];
}

/** The arrows that stand on every `stride`-th node. */
function thinned(set: FieldSet, side: number, stride: number): FieldSet {
  if (stride === 1) return set;
  const points = everyNth(set.points, side, stride);
  const vectors: Partial<Record<PartId, Float32Array>> = {};
  for (const [part, values] of Object.entries(set.vectors) as [PartId, Float32Array][]) {
    vectors[part] = everyNth(values, side, stride);
  }
  return { ...set, points, vectors, count: points.length / 2 };
}
