import { describe, expect, it } from 'vitest';
import type { ViewFrame } from '#contract/frames.ts';
import { piecesOf, streamlinesOf } from '../../scene/streamlines.ts';
import type { LinearRgb } from '../../theme/oklch.ts';
import type { Paint } from '../../theme/paint.ts';
import { fieldArrays } from './field-export.ts';
import { fieldLayers } from './field-layers.ts';
import type { FieldPicture } from './field-layers.ts';
import { driftParts, fieldSetOf, velocityPart } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { cellsOfNodes } from './vectors.ts';

const shades: Readonly<Record<string, LinearRgb>> = {
  '--ink': [0.01, 0.01, 0.01],
  '--data-attract': [0.8, 0.2, 0],
};

function paintIn(scheme: 'light' | 'dark'): Paint {
  return { scheme, colour: (token) => shades[token] ?? [0.5, 0.5, 0.5], css: () => 'rgb(0, 0, 0)' };
}

const side = 9;
const nodes = Float32Array.from({ length: side * side * 2 }, (_, i) => {
  const node = i >> 1;
  return -3 + (6 * (i % 2 === 0 ? node % side : Math.floor(node / side))) / (side - 1);
});
const frame: ViewFrame = {
  run: 'a',
  kind: 'velocity',
  step: 1,
  nfe: 1,
  count: side * side,
  dim: 2,
  arrays: { points: nodes, vectors: nodes.map((value) => value + 4) },
};

function setOf(of: ViewFrame): FieldSet {
  const set = fieldSetOf(of, [0, 1]);
  if (set === null) throw new Error('expected a field');
  return set;
}

function pictureOf(change: Partial<FieldPicture>): FieldPicture {
  return {
    arrows: setOf(frame),
    particles: null,
    areSamples: false,
    flow: null,
    streamlines: null,
    ground: null,
    probe: null,
    parts: [velocityPart],
    scale: 0.1,
    longest: 5,
    particleColour: () => [0, 0, 1],
    ...change,
  };
}

const streamlines = piecesOf(streamlinesOf({ vectors: nodes, side, extent: 3 }, { cells: 8, slowest: 0.01 }));
const ground = { kind: 'magnitude' as const, grid: cellsOfNodes(new Float32Array(side * side), side, 3) };

describe('fieldLayers', () => {
  it('draws from the ground up, the probe on top', () => {
    const set = setOf(frame);
    const layers = fieldLayers(
      pictureOf({ ground, streamlines, particles: set, probe: set }),
      paintIn('light'),
    );
    expect(layers.map((layer) => layer.key)).toEqual([
      'ground',
      'streamlines',
      'grid-velocity',
      'particles',
      'particle-velocity',
      'probe-velocity',
    ]);
  });

  it('gives only one of them the colours of magnitude', () => {
    const isPlain = (layer: ReturnType<typeof fieldLayers>[number] | undefined): boolean => {
      if (layer === undefined || !('colours' in layer)) throw new Error('expected a coloured layer');
      return layer.colours[0] === layer.colours.at(-4);
    };
    const [alone] = fieldLayers(pictureOf({}), paintIn('light'));
    expect(isPlain(alone)).toBe(false);
    const [lines, arrows] = fieldLayers(pictureOf({ streamlines }), paintIn('light'));
    expect([isPlain(lines), isPlain(arrows)]).toEqual([false, true]);
    const [, overGround] = fieldLayers(pictureOf({ ground, streamlines }), paintIn('light'));
    expect(isPlain(overGround)).toBe(true);
  });

  it('is the same picture in another paint: the same arrays, other colours', () => {
    const screen = paintIn('dark');
    const picture = pictureOf({ streamlines });
    const [first] = fieldLayers(picture, screen);
    const [again] = fieldLayers(picture, screen);
    const [print] = fieldLayers(picture, paintIn('light'));
    if (first?.kind !== 'lines' || again?.kind !== 'lines' || print?.kind !== 'lines') {
      throw new Error('expected lines');
    }
    expect(again.colours).toBe(first.colours);
    expect(print.pieces).toBe(first.pieces);
    expect(print.colours).not.toBe(first.colours);
  });

  it('draws the parts of a drift in their own colours, those that are shown', () => {
    const drift = setOf({
      ...frame,
      kind: 'drift',
      arrays: { points: nodes, attract: nodes, repel: nodes.map((value) => value / 2) },
    });
    const layers = fieldLayers(
      pictureOf({ arrows: drift, parts: driftParts.filter((part) => part.id !== 'repel') }),
      paintIn('light'),
    );
    expect(layers.map((layer) => layer.key)).toEqual(['grid-attract', 'grid-drift']);
    const [attract] = layers;
    expect(attract?.kind === 'arrows' && attract.colours[0]).toBeCloseTo(0.8, 2);
  });
});

it('exported arrays have the shapes that they say', () => {
  const arrays = fieldArrays({ grid: frame, particles: null });
  expect(arrays.map(({ name }) => name)).toEqual(['grid_points', 'grid_vectors']);
  for (const { shape, values } of arrays) expect(shape.reduce((a, b) => a * b, 1)).toBe(values.length);
});
