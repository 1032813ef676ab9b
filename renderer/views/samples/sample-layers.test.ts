import { describe, expect, it } from 'vitest';
import { densityOf, differenceOf } from '../../scene/density.ts';
import type { Paint } from '../../theme/paint.ts';
import { contoursHolding, densityRange, sampleLayers } from './sample-layers.ts';
import type { Cloud, SamplePicture } from './sample-layers.ts';

const paint: Paint = { scheme: 'light', colour: () => [0.2, 0.4, 0.6], css: () => 'rgb(0, 0, 0)' };
const options = { side: 96, extent: 3, bandwidth: 0.5 };

function cloudAt(x: number): Cloud {
  const points = Float32Array.of(x, 0);
  return { points, modes: null, density: densityOf(points, 1, options) };
}

function pictureOf(change: Partial<SamplePicture>): SamplePicture {
  return {
    generated: cloudAt(0.5),
    data: cloudAt(-0.5),
    difference: null,
    contours: null,
    teacher: null,
    picture: 'points',
    arrangement: 'overlaid',
    colour: '--run-purple',
    generatedOpacity: 0.7,
    dataOpacity: 0.35,
    ...change,
  };
}

const keysOf = (picture: SamplePicture, side: 'generated' | 'data' | 'all'): string[] =>
  sampleLayers(picture, side, paint).map((layer) => layer.key);

describe('sampleLayers', () => {
  it('draws generated points over data', () => {
    expect(keysOf(pictureOf({}), 'all')).toEqual(['data', 'generated']);
  });

  it('lets only generated points be picked', () => {
    const samples = sampleLayers(pictureOf({}), 'all', paint).filter((layer) => layer.isSamples);
    expect(samples.map((layer) => layer.key)).toEqual(['generated']);
  });

  it('draws the difference to the teacher over the samples, never over the data', () => {
    const positions = new Float32Array(4);
    const pairs = { positions, count: 1, dim: 2, longest: 1, rms: 1 };
    const picture = pictureOf({ teacher: { pairs, positions } });
    expect(keysOf(picture, 'all')).toEqual(['data', 'generated', 'teacher-pairs']);
    expect(keysOf(picture, 'generated')).toEqual(['generated', 'teacher-pairs']);
    expect(keysOf(picture, 'data')).toEqual(['data']);
    expect(keysOf({ ...picture, arrangement: 'difference' }, 'all')).not.toContain('teacher-pairs');
  });

  it('gives each side its own', () => {
    const picture = pictureOf({ picture: 'both', arrangement: 'side' });
    expect(keysOf(picture, 'generated')).toEqual(['density', 'generated']);
    expect(keysOf(picture, 'data')).toEqual(['density', 'data']);
    const highs = (['generated', 'data'] as const).map((side) =>
      sampleLayers(picture, side, paint).find((layer) => layer.kind === 'grid'),
    );
    expect(highs[0]?.kind === 'grid' && highs[0].high).toBe(densityRange(picture));
    expect(highs[1]?.kind === 'grid' && highs[1].high).toBe(densityRange(picture));
  });

  it('centres the colours of a difference at none', () => {
    const [generated, data] = [cloudAt(0.5).density, cloudAt(-0.5).density];
    if (generated === null || data === null) throw new Error('expected densities');
    const [layer, ...others] = sampleLayers(
      pictureOf({ arrangement: 'difference', difference: differenceOf(generated, data) }),
      'all',
      paint,
    );
    expect(others).toHaveLength(0);
    expect(layer?.kind === 'grid' && layer.low + layer.high).toBe(0);
  });

  it('colours by mode where there are modes, with one element a sample', () => {
    const generated = { ...cloudAt(0), modes: Float32Array.of(3) };
    const layer = sampleLayers(pictureOf({ generated }), 'all', paint).at(-1);
    expect(layer?.kind).toBe('paths');
    expect(layer?.kind === 'paths' && layer.positions.length).toBe(
      2 * (layer?.kind === 'paths' ? layer.count * layer.times.length : 0),
    );
  });
});

it('contours of a Gaussian hold their shares: circles of the radius that it says', () => {
  const { density } = cloudAt(0);
  if (density === null) throw new Error('expected a density');
  const pieces = contoursHolding(density);
  const radii = new Set<string>();
  for (let i = 0; i < pieces.length; i += 2) {
    radii.add(Math.hypot(pieces[i] ?? NaN, pieces[i + 1] ?? NaN).toFixed(1));
  }
  // The share p of a plane Gaussian lies within sigma sqrt(-2 ln(1 - p)).
  for (const share of [0.25, 0.5, 0.75, 0.95]) {
    expect(radii).toContain((options.bandwidth * Math.sqrt(-2 * Math.log(1 - share))).toFixed(1));
  }
});
