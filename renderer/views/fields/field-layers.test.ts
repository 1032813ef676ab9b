import { describe, expect, it } from 'vitest';
import type { ViewFrame } from '#contract/frames.ts';
import { piecesOf, streamlinesOf } from '../../scene/streamlines.ts';
import type { LinearRgb } from '../../theme/oklch.ts';
import type { Paint } from '../../theme/paint.ts';
import { componentGroups, magnitudeLevels } from './components.ts';
import { fieldArrays, fieldLegend } from './field-export.ts';
import { fieldLayers } from './field-layers.ts';
import type { FieldPicture } from './field-layers.ts';
import { driftParts, fieldSetOf, velocityPart } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { shownPart } from './student-parts.ts';
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
  computeMs: 1,
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
    regions: [],
    tint: null,
    source: null,
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

describe('of a student', () => {
  const student = setOf({
    ...frame,
    arrays: { ...frame.arrays, teacher: nodes, weights: new Float32Array(side * side * 3).fill(1 / 3) },
  });
  const residual = shownPart({ kind: 'velocity', produces: 'policy', hasTeacher: true }, 'residual');

  it('a residual is told by colour on the dots and their arrows, above the lines', () => {
    const tint = { groups: new Float32Array(student.count).fill(magnitudeLevels), components: null };
    const picture = pictureOf({
      arrows: null,
      streamlines,
      particles: student,
      parts: [residual],
      areSamples: true,
      tint,
    });
    const layers = fieldLayers(picture, paintIn('light'));
    expect(layers.map((layer) => layer.key)).toEqual([
      'streamlines',
      'particle-residual',
      'particles-tinted',
    ]);
    const [, arrows, dots] = layers;
    if (arrows?.kind !== 'arrows' || dots?.kind !== 'paths') throw new Error('expected arrows and dots');
    expect(arrows.colours[0]).not.toBe(arrows.colours.at(-4));
    // Dots are samples: a picked one stands out like in every view.
    expect([dots.isSamples, dots.count, dots.groups]).toEqual([true, student.count, tint.groups]);
  });

  it('the sample whose policy is on the grid has a halo, and only it', () => {
    const picture = pictureOf({ arrows: null, particles: student, areSamples: true, source: 7 });
    const [halo, dots] = fieldLayers(picture, paintIn('dark'));
    expect([halo?.key, dots?.key]).toEqual(['source', 'particles']);
    if (halo?.kind !== 'points') throw new Error('expected points');
    expect([halo.count, ...halo.points]).toEqual([1, ...nodes.subarray(14, 16)]);
    expect(halo.isSamples).toBe(false);
  });

  it('student, teacher and residual have arrows of one scale', () => {
    const scaleOf = (show: 'student' | 'teacher' | 'residual'): number => {
      const part = shownPart({ kind: 'velocity', produces: 'policy', hasTeacher: true }, show);
      const [layer] = fieldLayers(pictureOf({ arrows: student, parts: [part] }), paintIn('dark'));
      if (layer?.kind !== 'arrows') throw new Error('expected arrows');
      expect(layer.key).toBe(`grid-${part.id}`);
      return layer.scale;
    };
    expect(new Set([scaleOf('student'), scaleOf('teacher'), scaleOf('residual')]).size).toBe(1);
  });

  it('component regions lie under lines, which are neutral on them', () => {
    const grid = cellsOfNodes(new Float32Array(side * side).fill(1), side, 3);
    const regions = [0, 2].map((component) => ({ component, grid }));
    const [first, second, lines] = fieldLayers(pictureOf({ regions, streamlines }), paintIn('light'));
    expect([first?.key, second?.key]).toEqual(['region-0', 'region-2']);
    if (lines?.kind !== 'lines') throw new Error('expected lines');
    expect(lines.colours[0]).toBe(lines.colours.at(-4));
  });

  it('a figure names what is wrong, and the components that are seen', () => {
    const unit = 'data std per unit t';
    const [entry] = fieldLegend(pictureOf({ parts: [residual], longest: 0.5 }), unit, paintIn('light'));
    expect(entry?.label).toBe('Imitation error, up to 0.500 data std per unit t');
    const weights = { values: Float32Array.of(0.9, 0.1, 0, 0, 0.2, 0.8), components: 3 };
    const tint = { groups: componentGroups(weights.values, 3), components: 3 };
    const entries = fieldLegend(
      pictureOf({ particles: { ...student, weights }, tint }),
      unit,
      paintIn('light'),
    );
    expect(entries.map(({ label }) => label)).toEqual(['Component 1', 'Component 3']);
  });
});

it('exported arrays have the shapes that they say', () => {
  const student = {
    ...frame,
    arrays: {
      ...frame.arrays,
      teacher: nodes,
      weights: new Float32Array(side * side * 5),
      weightTimes: new Float32Array(3),
      weightsOver: new Float32Array(15),
    },
  };
  const arrays = fieldArrays({ grid: frame, particles: student });
  expect(arrays.map(({ name }) => name)).toEqual([
    'grid_points',
    'grid_vectors',
    'particles_points',
    'particles_vectors',
    'particles_teacher',
    'particles_weights',
    'particles_weightTimes',
    'particles_weightsOver',
    'particles_residual',
  ]);
  expect(arrays.slice(5, 8).map(({ shape }) => shape)).toEqual([[side * side, 5], [3], [3, 5]]);
  for (const { shape, values } of arrays) expect(shape.reduce((a, b) => a * b, 1)).toBe(values.length);
});
