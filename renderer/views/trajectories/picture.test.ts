import { describe, expect, it } from 'vitest';
import type { LinearRgb } from '../../theme/oklch.ts';
import type { Paint } from '../../theme/paint.ts';
import { meaningsOf } from './legend.ts';
import { coloursOf, layersOf } from './picture.ts';
import type { PathSet, TrajectoryPicture } from './picture.ts';
import { sampleText } from './sample-text.ts';

/** A colour of its own for every token. */
function paint(): Paint {
  const colour = (token: string): LinearRgb => [token.length / 100, 0.5, 0.25];
  return { scheme: 'light', colour, css: (token) => `color(${token})` };
}

const main: PathSet = {
  positions: Float32Array.from({ length: 2 * 3 * 3 }, (_, i) => i),
  times: Float32Array.of(1, 0.5, 0),
  count: 2,
  dim: 3,
  modes: Float32Array.of(0, -1),
  kind: 'sampler',
  t: null,
  fastest: 7,
};

const picture: TrajectoryPicture = {
  main,
  overlay: null,
  teacher: null,
  data: { count: 1, dim: 3, values: Float32Array.of(1, 2, 3) },
  look: 'flat',
  axes: [0, 1],
  colourBy: 'time',
  tail: 1,
  colour: '--run-purple',
};

/** Everything that a stage would send to the device. */
function arraysIn(layers: ReturnType<typeof layersOf>): Float32Array[] {
  return layers.flatMap((layer) =>
    Object.values(layer).filter((value): value is Float32Array => value instanceof Float32Array),
  );
}

describe('the layers of the trajectories view', () => {
  it('keep their arrays whatever is set: nothing is sent again', () => {
    const colours = paint();
    const before = arraysIn(layersOf(picture, colours));
    for (const change of [
      { colourBy: 'speed' },
      { colourBy: 'group' },
      { colourBy: 'flat' },
      { tail: 0.1 },
      { look: 'spaceTime' },
      { look: 'side' },
    ] as const) {
      const after = arraysIn(layersOf({ ...picture, ...change }, colours));
      expect(after).toHaveLength(before.length);
      after.forEach((array, index) => expect(array).toBe(before[index]));
    }
  });

  it('show the chosen coordinates in the plane, and the first three in space', () => {
    const flat = layersOf({ ...picture, axes: [2, 0] }, paint()).find(({ kind }) => kind === 'paths');
    expect(flat).toMatchObject({ dim: 2 });
    expect(Array.from(flat?.kind === 'paths' ? flat.positions.subarray(0, 4) : [])).toEqual([2, 0, 5, 3]);
    const space = layersOf({ ...picture, look: 'orbit' }, paint()).find(({ kind }) => kind === 'paths');
    expect(space).toMatchObject({ dim: 3, positions: main.positions });
  });

  it('draw another run in its own colour, joined to this one where the noise is the same', () => {
    const pairs: PathSet = { ...main, kind: 'sampler', times: Float32Array.of(1e-6, 0), t: 0 };
    const overlay = {
      name: 'other',
      colour: '--run-sky',
      paths: null,
      points: Float32Array.of(0, 0, 0),
      count: 1,
      dim: 3,
    };
    const keys = (joined: PathSet | null) =>
      layersOf({ ...picture, overlay: { ...overlay, pairs: joined } }, paint()).map(({ key }) => key);
    expect(keys(pairs)).toEqual(['data', 'paths-sampler', 'overlay-pairs', 'overlay-points']);
    expect(keys(null)).toEqual(['data', 'paths-sampler', 'overlay-points']);
  });

  it('draw the teacher over the run, and from each end to where the teacher’s lies', () => {
    const pairs = { positions: new Float32Array(2 * 2 * 3), count: 2, dim: 3, longest: 0.5, rms: 0.1 };
    const layers = (paths: PathSet | null, change: Partial<TrajectoryPicture> = {}) =>
      layersOf({ ...picture, ...change, teacher: { paths, pairs } }, paint());
    expect(layers(main).map(({ key }) => key)).toEqual([
      'data',
      'paths-sampler',
      'teacher-paths',
      'teacher-pairs',
    ]);
    expect(layers(null).map(({ key }) => key)).toEqual(['data', 'paths-sampler', 'teacher-pairs']);
    // On the plane two coordinates are seen, in space all three.
    expect(layers(main).at(-1)).toMatchObject({ dim: 2, count: 2 });
    expect(layers(main, { look: 'orbit' }).at(-1)).toMatchObject({ dim: 3, positions: pairs.positions });
  });

  it('are made of the same colours for the same paint, of others for another', () => {
    const colours = paint();
    expect(coloursOf(colours, '--ink', 'sampler')).toBe(coloursOf(colours, '--ink', 'sampler'));
    expect(coloursOf(colours, '--ink', 'sampler')).not.toBe(coloursOf(paint(), '--ink', 'sampler'));
  });
});

describe('the legend', () => {
  const labels = (
    change: Partial<TrajectoryPicture>,
    filmSteps: { first: number; last: number } | null = null,
  ) => meaningsOf({ picture: { ...picture, ...change }, run: 'mine', filmSteps }).map(({ label }) => label);

  it('names the teacher where its paths are drawn', () => {
    const pairs = { positions: new Float32Array(), count: 0, dim: 3, longest: 1, rms: 1 };
    expect(labels({ teacher: { paths: main, pairs } })).toContain('Teacher');
    expect(labels({ teacher: { paths: null, pairs } })).not.toContain('Teacher');
  });

  it('tells what the colours mean', () => {
    expect(labels({})).toEqual(['Noise, t = 1', 'Data, t = 0']);
    expect(labels({ colourBy: 'flat' })).toEqual(['mine', 'Data']);
    expect(labels({ colourBy: 'group' })).toEqual(['Outside all modes', 'Data']);
    const ofClasses = { ...main, groupedBy: 'class', modes: Float32Array.of(7, 0, 1, 6, 0) } as const;
    // Six colours: classes 0 and 6 share one.
    expect(labels({ colourBy: 'group', main: ofClasses })).toEqual(['0, 6', '1, 7', 'Data']);
    const many = { ...ofClasses, modes: Float32Array.from({ length: 13 }, (_, i) => i) };
    expect(labels({ colourBy: 'group', main: many })).toEqual(['Data']);
    expect(labels({ main: { ...main, kind: 'film' } }, { first: 0, last: 1200 })).toEqual([
      'Step 0',
      'Step 1\u202f200',
      'Data',
    ]);
  });
});

describe('what is said of a sample', () => {
  it('is where it is now, how fast, and where it ends', () => {
    expect(sampleText(main, 0, 1)).toBe('Sample 0: (0, 1.00, 2.00), speed 10.4, mode 1');
    expect(sampleText(main, 1, 0)).toBe('Sample 1: (15.0, 16.0, 17.0), speed 10.4, outside all modes');
  });

  it('is nothing for a sample that is not drawn', () => {
    expect(sampleText(main, 2, 0)).toBeNull();
    expect(sampleText(null, 0, 0)).toBeNull();
  });
});
