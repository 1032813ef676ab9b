import type { ViewFrame } from '#contract/frames.ts';
import { timeMap } from '../../scene/density-colours.ts';
import type { PlaneGrid } from '../../scene/density.ts';
import { piecesOf, streamlinesOf } from '../../scene/streamlines.ts';
import type { LinearRgb } from '../../theme/oklch.ts';
import type { Paint } from '../../theme/paint.ts';
import type { FieldPicture } from './field-layers.ts';
import { fieldSetOf, leadingPart, shownParts } from './field-set.ts';
import type { FieldSet, PartId } from './field-set.ts';
import type { FieldSettings } from './settings.svelte.ts';
import { isStudent, shownPart } from './student-parts.ts';
import type { Show, Subject } from './student-parts.ts';
import { regionsOf, tintOf } from './tint.ts';
import type { Tint } from './tint.ts';
import { cellsOfNodes, divergenceOf, everyNth, lengthsOf, longestOf } from './vectors.ts';

interface Inputs {
  settings: FieldSettings;
  subject: () => Subject | null;
  grid: () => ViewFrame | null;
  particles: () => ViewFrame | null;
  probe: () => ViewFrame | null;
  /** Sampler time that the particles belong to. */
  t: () => number;
  /** The sample whose policy is on the grid; null where it is no policy. */
  source: () => number | null;
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
  /** What is looked at: what is set, or the model's own where it has no such thing. */
  readonly show = $derived.by((): Show => {
    const subject = this.#inputs.subject();
    const { show } = this.#inputs.settings;
    if (subject === null || !isStudent(subject)) return 'student';
    const isThere = show === 'weights' ? this.components > 0 : show === 'student' || subject.hasTeacher;
    return isThere ? show : 'student';
  });
  readonly #velocityPart = $derived.by(() => {
    const subject = this.#inputs.subject();
    return subject?.kind === 'velocity' ? shownPart(subject, this.show) : null;
  });
  readonly #parts = $derived.by(() => {
    if (this.#inputs.subject() === null) return [];
    return this.#velocityPart === null ? shownParts(this.#inputs.settings.parts) : [this.#velocityPart];
  });
  /** The part that is looked at. */
  readonly leading = $derived.by(() => {
    if (this.#inputs.subject() === null) return null;
    return this.#velocityPart ?? leadingPart(this.#inputs.settings.parts);
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

  /**
   * Whether the grid shows the teacher in the student's place: a flow map has a velocity at its own
   * states alone.
   */
  readonly isGridOfTeacher = $derived.by(() => {
    const vectors = this.#grid?.set.vectors;
    return (
      this.leading?.id === 'velocity' && vectors?.velocity === undefined && vectors?.teacher !== undefined
    );
  });
  readonly #flow = $derived.by(() => {
    const part = this.isGridOfTeacher ? 'teacher' : this.leading?.id;
    const vectors = part === undefined ? undefined : this.#grid?.set.vectors[part];
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
    if (kind === 'none' || this.show === 'weights') return null;
    if (grid === null || flow === null) return null;
    return { kind, grid: groundOf(kind, flow.vectors, grid.side, grid.extent) };
  });
  readonly #regions = $derived.by((): FieldPicture['regions'] => {
    const grid = this.#grid;
    if (this.show !== 'weights' || grid === null) return [];
    const { side, extent, set } = grid;
    return regionsOf(set).map(({ component, values }) => ({
      component,
      grid: cellsOfNodes(values, side, extent),
    }));
  });
  readonly #arrows = $derived.by(() => {
    const grid = this.#grid;
    if (!this.#inputs.settings.draws.arrows || grid === null) return null;
    const stride = Math.max(1, Math.round((grid.side - 1) / (this.#inputs.settings.arrows - 1)));
    const set = thinned(grid.set, grid.side, stride);
    const { teacher } = set.vectors;
    return this.isGridOfTeacher && teacher !== undefined
      ? { ...set, vectors: { ...set.vectors, velocity: teacher } }
      : set;
  });
  readonly #drawnParticles = $derived.by(() =>
    this.#inputs.settings.draws.particles ? this.#particles : null,
  );

  /**
   * Magnitude at the upper end of the colours. Student and teacher share one, so that they can be
   * compared; a residual is measured where the student is, for elsewhere nobody goes.
   */
  readonly longest = $derived.by(() => {
    const subject = this.#inputs.subject();
    const [grid, particles] = [this.#grid?.set ?? null, this.#drawnParticles];
    if (this.leading?.id === 'residual') {
      const vectors = particles?.vectors.residual ?? grid?.vectors.residual;
      return vectors === undefined ? 0 : longestOf(vectors, 2);
    }
    if (subject !== null && isStudent(subject)) return (grid ?? particles)?.longest ?? 0;
    return this.#flow?.longest ?? this.#particles?.longest ?? 0;
  });

  readonly #tint = $derived.by((): Tint | null => {
    const particles = this.#drawnParticles;
    if (particles === null) return null;
    return tintOf(particles, this.show === 'weights' ? 'weights' : (this.leading?.id ?? null), this.longest);
  });
  /** Components of the policy; 0 for what has none. */
  readonly components = $derived.by(
    () => (this.#particles ?? this.#grid?.set ?? null)?.weights?.components ?? 0,
  );

  readonly picture = $derived.by((): FieldPicture => {
    const { settings } = this.#inputs;
    const subject = this.#inputs.subject();
    const isDrift = subject?.kind === 'drift';
    const areSamples = isDrift || (subject !== null && isStudent(subject));
    const [t, run] = [this.#inputs.t(), this.#inputs.runColour()];
    return {
      arrows: this.#arrows,
      particles: this.#drawnParticles,
      areSamples,
      flow: this.#grid?.set ?? null,
      streamlines: this.#streamlines,
      ground: this.ground,
      regions: this.#regions,
      tint: this.#tint,
      source: this.#inputs.source(),
      probe: this.#probe,
      parts: this.#parts,
      scale: isDrift
        ? settings.driftScale
        : settings.velocityScale * (this.leading?.id === 'residual' ? settings.residualScale : 1),
      longest: this.longest,
      particleColour: areSamples ? (paint) => paint.colour(run) : (paint) => colourAtTime(paint, t),
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
