import { bytesFromLinearRgb } from '../theme/oklch.ts';
import { colourMapSize } from './colour-maps.ts';
import type { ColourMap } from './colour-maps.ts';

/** Images and latents as pixels. */

/** Which numbers of a latent pixel make its colour: the first three, or one of them in grey. */
export type Channel = 'first' | number;

export interface TileShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** How numbers become colours. */
export type TileLook =
  | { readonly kind: 'plain'; readonly channel: Channel }
  /** Of signed numbers: the mean of the channels (or one of them), from minus to plus `range`. */
  | {
      readonly kind: 'signed';
      readonly channel: Channel;
      readonly colours: ColourMap;
      readonly range: number;
    };

/** Latents have unit deviation: nearly all of one lies between minus and plus this. */
export const latentRange = 3;

/** One and three channels are an image in grey or colour; others are numbers that stand for one. */
export function isLatent(channels: number): boolean {
  return channels !== 1 && channels !== 3;
}

/** Where a tile is written: RGBA, row-major. */
export interface PixelTarget {
  readonly bytes: Uint8Array | Uint8ClampedArray;
  /** Of the first pixel, in pixels. */
  readonly at: number;
  /** Pixels from one row to the next. */
  readonly stride: number;
}

/**
 * Writes the pixels of sample `index`: images from -1 to 1 and latents from -3 to 3 go from black to white.
 * What is not finite is drawn in magenta, so that it is seen.
 *
 * @param values  flat [count, height, width, channels]
 */
export function writeTile(
  { bytes, at, stride }: PixelTarget,
  values: Float32Array,
  index: number,
  shape: TileShape,
  look: TileLook,
): void {
  const { height, width, channels } = shape;
  const colourAt =
    look.kind === 'signed' ? signedColour(look, channels) : plainColour(look.channel, channels);
  let from = index * height * width * channels;
  for (let row = 0; row < height; row += 1) {
    let to = 4 * (at + row * stride);
    for (let column = 0; column < width; column += 1) {
      colourAt(values, from, bytes, to);
      bytes[to + 3] = 255;
      from += channels;
      to += 4;
    }
  }
}

/** The same for one tile alone. @returns RGBA, row-major */
export function pixelsOf(
  values: Float32Array,
  index: number,
  shape: TileShape,
  look: TileLook,
): Uint8ClampedArray<ArrayBuffer> {
  const bytes = new Uint8ClampedArray(shape.height * shape.width * 4);
  writeTile({ bytes, at: 0, stride: shape.width }, values, index, shape, look);
  return bytes;
}

type WriteColour = (
  values: Float32Array,
  from: number,
  bytes: Uint8Array | Uint8ClampedArray,
  to: number,
) => void;

function plainColour(channel: Channel, channels: number): WriteColour {
  const scale = 255 / 2 / (isLatent(channels) ? latentRange : 1);
  const [first, second, third] = placesOf(channels, channel);
  return (values, from, bytes, to) => {
    const red = values[from + first]!;
    const green = values[from + second]!;
    const blue = values[from + third]!;
    if (Number.isFinite(red + green + blue)) {
      bytes[to] = byteOf(red * scale);
      bytes[to + 1] = byteOf(green * scale);
      bytes[to + 2] = byteOf(blue * scale);
    } else writeMagenta(bytes, to);
  };
}

function signedColour(
  { channel, colours, range }: Extract<TileLook, { kind: 'signed' }>,
  channels: number,
): WriteColour {
  const table = bytesOf(colours);
  const [first, count] = channel === 'first' ? [0, channels] : [channel, 1];
  const scale = (colourMapSize - 1) / 2 / range / count;
  return (values, from, bytes, to) => {
    let sum = 0;
    for (let c = 0; c < count; c += 1) sum += values[from + first + c]!;
    if (Number.isFinite(sum)) {
      const level = Math.round((colourMapSize - 1) / 2 + sum * scale);
      const texel = 3 * Math.min(colourMapSize - 1, Math.max(0, level));
      for (let c = 0; c < 3; c += 1) bytes[to + c] = table[texel + c]!;
    } else writeMagenta(bytes, to);
  };
}

function byteOf(around: number): number {
  return Math.min(255, Math.max(0, Math.round(around + 127.5)));
}

function writeMagenta(bytes: Uint8Array | Uint8ClampedArray, to: number): void {
  bytes[to] = 255;
  bytes[to + 1] = 0;
  bytes[to + 2] = 255;
}

function placesOf(channels: number, channel: Channel): readonly [number, number, number] {
  if (channel !== 'first') return [channel, channel, channel];
  if (channels === 1) return [0, 0, 0];
  return [0, 1, Math.min(2, channels - 1)];
}

const tables = new WeakMap<ColourMap, Uint8Array>();

/** The colours of a map as bytes of red, green and blue, made once. */
function bytesOf(colours: ColourMap): Uint8Array {
  let table = tables.get(colours);
  if (table === undefined) {
    table = new Uint8Array(3 * colourMapSize);
    for (let i = 0; i < colourMapSize; i += 1) {
      table.set(bytesFromLinearRgb([colours[4 * i]!, colours[4 * i + 1]!, colours[4 * i + 2]!]), 3 * i);
    }
    tables.set(colours, table);
  }
  return table;
}
