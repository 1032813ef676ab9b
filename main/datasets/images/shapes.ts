/** Drawn shapes: labelled images of any size, each of them new, so that nothing can be memorised. */
import { z } from 'zod';
import type { FieldMeta } from '#contract/catalog.ts';
import { Rng } from '../../tensor/rng.ts';
import { type DataSource, type Labelled, defineDataset } from '../dataset.ts';
import { type Outline, outlines } from './outlines.ts';

/** Largest radius of a shape; half the side of the frame is 1. */
const RADIUS = 0.75;

function jitter(byDefault: number, label: string, help: string, most = 1) {
  return z
    .number()
    .min(0)
    .max(most)
    .default(byDefault)
    .meta({ label, group: 'Jitter', help } satisfies FieldMeta);
}

const params = z.strictObject({
  size: z
    .int()
    .min(8)
    .max(64)
    .default(16)
    .meta({ label: 'Size', unit: 'pixels', help: 'Height and width of an image.' } satisfies FieldMeta),
  channels: z
    .enum(['grey', 'colour'])
    .default('grey')
    .meta({ label: 'Channels', help: 'Grey has one channel; colour has three.' } satisfies FieldMeta),
  place: jitter(0.5, 'Place', 'How far a shape strays from the middle; at 1 up to the frame.'),
  scale: jitter(0.3, 'Scale', 'How much smaller a shape may be, by up to this share.', 0.8),
  rotation: jitter(0.2, 'Rotation', 'How far a shape turns to either side, in half turns.'),
  colour: jitter(
    0.5,
    'Colour',
    'How far a hue strays from that of its class; at 1 it says nothing of it. Colour images only.',
  ),
});
type ShapeParams = z.output<typeof params>;

export const shapes = defineDataset({
  id: 'shapes',
  title: 'Shapes',
  summary: 'Discs, squares, triangles, crosses, rings and bars, drawn anew for every sample.',
  dim: 16 * 16,
  shape: [16, 16, 1],
  classes: outlines.length,
  classNames: outlines.map(({ name }) => name),
  analytic: false,
  imported: false,
  params,
  create(chosen) {
    const source = shapeSource(chosen);
    // The same law on cursors of its own: a held-out image is none of those that training drew.
    const apart = (rng: Rng) => new Rng(rng.uint32(), 'datasets/shapes/holdout', rng.uint32());
    return {
      ...source,
      holdout: {
        ...source,
        sample: (rng, count) => source.sample(apart(rng), count),
        labelled: (rng, count) => source.labelled!(apart(rng), count),
      },
    };
  },
});

function shapeSource(chosen: ShapeParams): DataSource {
  const channels = chosen.channels === 'grey' ? 1 : 3;
  const shape = [chosen.size, chosen.size, channels] as const;
  const dim = chosen.size ** 2 * channels;

  function labelled(rng: Rng, count: number): Labelled {
    const values = new Float32Array(count * dim);
    const labels = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      labels[i] = rng.int(outlines.length);
      const hue = labels[i]! / outlines.length + chosen.colour * (rng.uniform() - 0.5);
      const colour = channels === 1 ? [1] : colourOf(hue);
      draw(values.subarray(i * dim, (i + 1) * dim), outlines[labels[i]!]!, colour, rng, chosen);
    }
    return { values, labels };
  }
  return {
    dim,
    shape,
    range: [-1, 1],
    classes: outlines.length,
    sample: (rng, count) => labelled(rng, count).values,
    labelled,
  };
}

/**
 * One shape on black. A pixel is covered as a straight edge at that distance from its middle covers it:
 * smooth edges without supersampling.
 *
 * @param image  [size, size, colour.length], written
 */
function draw(
  image: Float32Array,
  outline: Outline,
  colour: readonly number[],
  rng: Rng,
  { size, place, scale, rotation }: ShapeParams,
): void {
  const radius = RADIUS * (1 - scale * rng.uniform());
  const stray = () => place * (1 - radius) * (2 * rng.uniform() - 1);
  const [centerX, centerY] = [stray(), stray()];
  const angle = rotation * Math.PI * (2 * rng.uniform() - 1);
  const [cos, sin] = [Math.cos(angle) / radius, Math.sin(angle) / radius];
  const pixel = 2 / size;
  for (let row = 0; row < size; row++) {
    const y = centerY + 1 - (row + 0.5) * pixel;
    for (let column = 0; column < size; column++) {
      const x = (column + 0.5) * pixel - 1 - centerX;
      const distance = radius * outline.distance(cos * x + sin * y, cos * y - sin * x);
      const covered = Math.min(1, Math.max(0, 0.5 - distance / pixel));
      colour.forEach((level, c) => {
        image[(row * size + column) * colour.length + c] = 2 * covered * level - 1;
      });
    }
  }
}

/** Red, green and blue in [0, 1] of a pure hue, in turns: 0 is red, a third is green. */
function colourOf(hue: number): number[] {
  return [0, 1, 2].map((channel) => {
    const fromPeak = Math.abs(((((hue - channel / 3) % 1) + 1.5) % 1) - 0.5);
    return Math.min(1, Math.max(0, 2 - 6 * fromPeak));
  });
}
