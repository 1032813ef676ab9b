import type { ColourMap } from '../../scene/colour-maps.ts';
import { groundMap, magnitudesOf, plainMap, signedMap } from '../../scene/density-colours.ts';
import { peakOf } from '../../scene/density.ts';
import type { PlaneGrid } from '../../scene/density.ts';
import type { Layer } from '../../scene/layers.ts';
import type { piecesOf } from '../../scene/streamlines.ts';
import type { LinearRgb } from '../../theme/oklch.ts';
import type { Paint } from '../../theme/paint.ts';
import type { FieldSet, PartInfo } from './field-set.ts';
import { haloLayer, particleLayer, points, regionLayer } from './particle-layers.ts';
import type { Tint } from './tint.ts';
import type { Ground } from './settings.svelte.ts';

/** Everything that decides the picture but its colours. */
export interface FieldPicture {
  /** Arrows on a grid. */
  readonly arrows: FieldSet | null;
  /** Arrows on generated points, or on draws of x_t. */
  readonly particles: FieldSet | null;
  /** Whether particle i is sample i, as in every other view. */
  readonly areSamples: boolean;
  /** What the streamlines and the ground were computed on. */
  readonly flow: FieldSet | null;
  readonly streamlines: ReturnType<typeof piecesOf> | null;
  readonly ground: { readonly kind: Exclude<Ground, 'none'>; readonly grid: PlaneGrid } | null;
  /** Where each component of a policy counts, instead of a ground. */
  readonly regions: readonly { readonly component: number; readonly grid: PlaneGrid }[];
  /** What the colours of the particles tell; null for one colour. */
  readonly tint: Tint | null;
  /** The particle whose policy the grid shows; null where there is none. */
  readonly source: number | null;
  readonly probe: FieldSet | null;
  /** Parts that have arrows. */
  readonly parts: readonly PartInfo[];
  /** Data units of arrow for one unit of the field. */
  readonly scale: number;
  /** Magnitude at the upper end of the colours. */
  readonly longest: number;
  /** Colour of the particles. */
  readonly particleColour: (paint: Paint) => LinearRgb;
}

const keys = { arrows: 'grid', particles: 'particle', probe: 'probe' } as const;

/** The layers of the fields view. Screen and print differ only in the paint. */
export function fieldLayers(picture: FieldPicture, paint: Paint): Layer[] {
  const layers: Layer[] = [];
  const { ground, streamlines, flow, arrows, particles, probe } = picture;
  const magnitudes = magnitudesOf(paint);
  const hasGround = ground !== null || picture.regions.length > 0;
  if (ground !== null) layers.push(groundLayer(ground, paint));
  for (const { component, grid } of picture.regions) layers.push(regionLayer(component, grid, paint));
  const sources = flow?.sources ?? null;
  if (sources !== null && particles === null) {
    layers.push(
      points('data', sources.data, paint.colour('--data-data'), 0.35),
      points('generated', sources.samples, picture.particleColour(paint), 0.45),
    );
  }
  if (streamlines !== null) {
    layers.push({
      kind: 'lines',
      key: 'streamlines',
      pieces: streamlines.pieces,
      values: streamlines.values,
      heads: streamlines.heads,
      headValues: streamlines.headValues,
      // On a coloured ground lines are told from it by being neutral.
      colours: hasGround ? plainMap(paint, '--ink') : magnitudes,
      largest: picture.longest,
      width: 1.25,
      opacity: hasGround ? 0.55 : 0.9,
    });
  }
  const isNeutral = hasGround || streamlines !== null;
  if (arrows !== null) {
    const colours = isNeutral ? plainMap(paint, '--ink') : magnitudes;
    layers.push(...arrowLayers('arrows', arrows, picture, paint, colours));
  }
  if (particles !== null) {
    // Arrows of a residual may be too short to be seen: the dots tell its size too, above them.
    const arrows = arrowLayers('particles', particles, picture, paint, plainMap(paint, '--ink'));
    const dots = particleLayer(particles, { ...picture, colour: picture.particleColour(paint) }, paint);
    if (picture.source !== null) layers.push(haloLayer(particles, picture.source, paint));
    layers.push(...(picture.tint === null ? [dots, ...arrows] : [...arrows, dots]));
  }
  if (probe !== null) layers.push(...arrowLayers('probe', probe, picture, paint, plainMap(paint, '--ink')));
  return layers;
}

/** The colours of a ground and the values at their ends, for drawing it and for its legend. */
export function groundColours(
  { kind, grid }: NonNullable<FieldPicture['ground']>,
  paint: Paint,
): { colours: ColourMap; low: number; high: number } {
  const high = peakOf(grid);
  if (kind === 'divergence') return { colours: signedMap(paint), low: -high, high };
  return { colours: groundMap(paint), low: 0, high };
}

function groundLayer(ground: NonNullable<FieldPicture['ground']>, paint: Paint): Layer {
  const { values, side, extent } = ground.grid;
  return {
    kind: 'grid',
    key: 'ground',
    values,
    side,
    extent,
    ...groundColours(ground, paint),
    opacity: ground.kind === 'divergence' ? 0.7 : 0.9,
  };
}

/** Arrows of every part that is shown; the parts of a drift in their own colours. */
function arrowLayers(
  place: keyof typeof keys,
  set: FieldSet,
  picture: FieldPicture,
  paint: Paint,
  colours: ColourMap,
): Layer[] {
  return picture.parts.flatMap((part) => {
    const vectors = set.vectors[part.id];
    if (vectors === undefined) return [];
    const isDriftPart = part.id === 'attract' || part.id === 'repel';
    // What is wrong is told by its colour wherever no lines carry the ramp on the same places.
    const isCoded = part.id === 'residual' && place === 'particles';
    return {
      kind: 'arrows' as const,
      key: `${keys[place]}-${part.id}`,
      points: set.points,
      vectors,
      count: set.count,
      dim: 2,
      scale: picture.scale,
      colours: isCoded
        ? magnitudesOf(paint)
        : isDriftPart || part.id === 'drift'
          ? plainMap(paint, part.colour)
          : colours,
      longest: picture.longest,
      opacity: place !== 'probe' && isDriftPart ? 0.75 : 1,
    };
  });
}
