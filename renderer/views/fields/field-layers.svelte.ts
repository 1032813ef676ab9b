import type { ViewFrame } from '#contract/frames.ts';
import { colourMapBetween, magnitudeMap } from '../../scene/colour-maps.ts';
import type { Layer } from '../../scene/layers.ts';
import type { LinearRgb } from '../../theme/oklch.ts';
import { difference, longestOf, negated } from './vectors.ts';

export type DriftPart = 'attract' | 'repel' | 'drift';

/** In the order in which they are drawn, the sum on top of its parts. */
export const driftParts = [
  { id: 'attract', label: 'Attract', colour: '--data-attract' },
  { id: 'repel', label: 'Repel', colour: '--data-repel' },
  { id: 'drift', label: 'Drift', colour: '--ink' },
] as const satisfies readonly { id: DriftPart; label: string; colour: string }[];

interface Inputs {
  frame: () => ViewFrame | null;
  parts: () => Record<DriftPart, boolean>;
  scale: () => number;
  colour: (token: string) => LinearRgb;
  scheme: () => 'light' | 'dark';
  runColour: () => string;
}

/** The layers of the fields view: arrows of the drift and its parts, or of a velocity. */
export class FieldLayers {
  readonly #inputs: Inputs;
  readonly magnitudeColours = $derived.by(() => magnitudeMap(this.#inputs.scheme()));

  readonly #vectors = $derived.by(() => vectorsOf(this.#inputs.frame()));
  /** Length of the longest velocity shown, data units per unit of time. */
  readonly longest = $derived.by(() => this.#vectors?.longest ?? 0);
  readonly #partColours = $derived.by(() =>
    driftParts.map((part) => {
      const colour = this.#inputs.colour(part.colour);
      return { ...part, colours: colourMapBetween(colour, colour) };
    }),
  );

  readonly layers: readonly Layer[] = $derived.by(() => {
    const vectors = this.#vectors;
    if (vectors === null) return [];
    const { points, count, dim } = vectors;
    const arrows = { kind: 'arrows' as const, points, count, dim, scale: this.#inputs.scale() };
    if (vectors.velocity !== null) {
      const { velocity, longest } = vectors;
      return [
        {
          ...arrows,
          key: 'velocity',
          vectors: velocity,
          colours: this.magnitudeColours,
          longest,
          opacity: 1,
        },
      ];
    }
    const shown = this.#inputs.parts();
    return [
      {
        kind: 'points',
        key: 'points',
        points,
        count,
        dim,
        colour: this.#inputs.colour(this.#inputs.runColour()),
        size: 4,
        opacity: 0.9,
      },
      ...this.#partColours
        .filter((part) => shown[part.id])
        .map((part) => ({
          ...arrows,
          key: part.id,
          vectors: vectors[part.id],
          colours: part.colours,
          longest: 1,
          opacity: part.id === 'drift' ? 0.95 : 0.5,
        })),
    ];
  });

  constructor(inputs: Inputs) {
    this.#inputs = inputs;
  }
}

function vectorsOf(frame: ViewFrame | null) {
  if (frame === null) return null;
  const { count, dim, arrays } = frame;
  const { points, vectors, attract, repel } = arrays;
  if (points === undefined) return null;
  if (vectors !== undefined) {
    const none = new Float32Array();
    return {
      points,
      count: points.length / dim,
      dim,
      velocity: vectors,
      longest: longestOf(vectors, dim),
      attract: none,
      repel: none,
      drift: none,
    };
  }
  if (attract === undefined || repel === undefined) return null;
  return {
    points,
    count,
    dim,
    velocity: null,
    longest: 0,
    attract,
    // The frame holds V-, towards the other samples; what acts on a sample is -V-, away from them.
    repel: negated(repel),
    drift: difference(attract, repel),
  };
}
