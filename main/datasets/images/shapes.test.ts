import { describe, expect, it } from 'vitest';
import { Rng } from '../../tensor/rng.ts';
import { parseDatasetParams } from '../parse-params.ts';
import { outlines } from './outlines.ts';
import { shapes } from './shapes.ts';

const STILL = { place: 0, scale: 0, rotation: 0, colour: 0 };

function drawn(params: object, count: number, seed = 1) {
  const source = shapes.create(parseDatasetParams(shapes, params));
  return { source, ...source.labelled!(new Rng(seed, 'shapes'), count) };
}

describe.each(outlines.map((outline, label) => ({ ...outline, label })))('a $name', ({ area, label }) => {
  it.each([8, 33, 64])('covers its area, wherever it lies and however it is turned (%d pixels)', (size) => {
    const { source, values, labels } = drawn({ size, scale: 0, place: 1, rotation: 1 }, 240);
    const { dim } = source;
    const shares = Array.from(labels.keys())
      .filter((i) => labels[i] === label)
      .map((i) => values.subarray(i * dim, (i + 1) * dim).reduce((sum, x) => sum + (x + 1) / 2, 0) / dim);
    // The frame has area 4 and the radius is 0.75. Corners that a pixel blunts lose about a pixel each:
    // 12 of them at most, and at 8 pixels a bar is not two pixels wide.
    const expected = (area * 0.75 ** 2) / 4;
    const average = shares.reduce((sum, share) => sum + share / shares.length, 0);
    expect(shares.length).toBeGreaterThan(20);
    expect(Math.abs(average - expected)).toBeLessThan(2 / size ** 2 + 0.002);
    for (const share of shares) expect(Math.abs(share - expected)).toBeLessThan(4 / size ** 2 + 0.002);
  });

  it('touches the unit circle and does not leave it', () => {
    const { distance } = outlines[label]!;
    const angles = Array.from({ length: 3600 }, (_, i) => (i * Math.PI) / 1800);
    const on = angles.map((angle) => distance(Math.cos(angle), Math.sin(angle)));
    // Angles are 1/573 apart, so the nearest to a corner misses it by less than half of that.
    expect(Math.min(...on)).toBeGreaterThan(-1e-12);
    expect(Math.min(...on)).toBeLessThan(1 / 573);
    for (const angle of angles) {
      expect(distance(1.001 * Math.cos(angle), 1.001 * Math.sin(angle))).toBeGreaterThan(0);
    }
  });
});

describe('shapes', () => {
  it('stay inside of the frame at any jitter', () => {
    const { source, values } = drawn({ size: 32, place: 1, scale: 0.8, rotation: 1 }, 300);
    const isEdge = (p: number) => [0, 31].includes(p % 32) || [0, 31].includes(Math.floor((p % 1024) / 32));
    // A shape may touch the frame, where it covers at most half of the outermost pixel and its neighbours'
    // share of a slanted edge.
    const edges = values.filter((_, p) => isEdge(p));
    const covered = edges.reduce((sum, x) => sum + (x + 1) / 2, 0) / 300;
    expect(source.dim).toBe(1024);
    expect(covered).toBeLessThan(1);
  });

  it('without jitter are one picture a class, symmetric left to right, and differ between classes', () => {
    const { values, labels } = drawn({ size: 16, ...STILL }, 100);
    const pictures = new Map<number, string>();
    labels.forEach((label, i) => {
      const picture = values.slice(i * 256, (i + 1) * 256);
      expect(pictures.get(label) ?? String(picture)).toBe(String(picture));
      pictures.set(label, String(picture));
      const flipped = picture.map((_, p) => picture[p - (p % 16) + 15 - (p % 16)]!);
      picture.forEach((x, p) => expect(x).toBeCloseTo(flipped[p]!, 6));
    });
    expect(new Set(pictures.values()).size).toBe(outlines.length);
  });

  it('point up where they point: a triangle is widest below the middle', () => {
    const { values, labels } = drawn({ size: 16, ...STILL }, 100);
    const at = labels.indexOf(outlines.findIndex(({ name }) => name === 'triangle'));
    const row = (y: number) =>
      values.slice(at * 256 + y * 16, at * 256 + (y + 1) * 16).reduce((sum, x) => sum + x + 1, 0);
    expect(row(10)).toBeGreaterThan(2 * row(4));
  });

  it('never come twice', () => {
    const { source, values } = drawn({}, 500);
    const pictures = (all: Float32Array) =>
      Array.from({ length: 500 }, (_, i) => String(all.slice(i * 256, (i + 1) * 256)));
    const held = source.holdout!.sample(new Rng(1, 'shapes'), 500);
    expect(new Set([...pictures(values), ...pictures(held)]).size).toBe(1000);
    expect(source.size).toBeUndefined();
  });

  it('have the hue of their class, and at full jitter any', () => {
    const size = 16;
    /** The largest of each channel over an image: its colour. */
    const colours = (colour: number) => {
      const { values, labels } = drawn({ ...STILL, size, channels: 'colour', colour }, 200);
      return Array.from(labels, (label, i) => {
        const image = values.subarray(i * size ** 2 * 3, (i + 1) * size ** 2 * 3);
        const peak = [0, 1, 2].map((c) => Math.max(...image.filter((_, j) => j % 3 === c)));
        return { label, peak };
      });
    };
    // Six hues, a sixth of a turn apart: red, yellow, green, cyan, blue, magenta.
    const pure = [
      [1, -1, -1],
      [1, 1, -1],
      [-1, 1, -1],
      [-1, 1, 1],
      [-1, -1, 1],
      [1, -1, 1],
    ];
    for (const { label, peak } of colours(0)) {
      peak.forEach((level, c) => expect(level).toBeCloseTo(pure[label]![c]!, 6));
    }
    const any = colours(1);
    for (const { peak } of any) {
      expect([Math.max(...peak), Math.min(...peak)].map((level) => Math.round(level))).toEqual([1, -1]);
    }
    const discs = any.filter(({ label }) => label === 0);
    for (const c of [0, 1, 2]) expect(discs.some(({ peak }) => peak[c]! > 0.99)).toBe(true);
  });
});
