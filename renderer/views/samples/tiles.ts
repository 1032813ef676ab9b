/** Images and latents as pixels. */

/** Which numbers of a latent pixel make its colour: the first three, or one of them in grey. */
export type Channel = 'first' | number;

export interface TileShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Latents have unit deviation: nearly all of one lies between minus and plus this. */
const latentRange = 3;

/**
 * The pixels of sample `index`: images from -1 to 1 and latents from -3 to 3 go from black to white. What
 * is not finite is drawn in magenta, so that it is seen.
 *
 * @param values  flat [count, height, width, channels]
 * @returns RGBA, row-major
 */
export function pixelsOf(
  values: Float32Array,
  index: number,
  { height, width, channels }: TileShape,
  channel: Channel,
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(height * width * 4);
  const range = isLatent(channels) ? latentRange : 1;
  const places = placesOf(channels, channel);
  const start = index * height * width * channels;
  for (let i = 0; i < height * width; i += 1) {
    const rgb = places.map((place) => values[start + i * channels + place] ?? 0);
    const isFinite = rgb.every(Number.isFinite);
    for (let c = 0; c < 3; c += 1) {
      const shown = ((rgb[c] ?? 0) / range / 2 + 0.5) * 255;
      pixels[4 * i + c] = isFinite ? Math.round(shown) : c === 1 ? 0 : 255;
    }
    pixels[4 * i + 3] = 255;
  }
  return pixels;
}

/** One and three channels are an image in grey or colour; others are numbers that stand for one. */
export function isLatent(channels: number): boolean {
  return channels !== 1 && channels !== 3;
}

function placesOf(channels: number, channel: Channel): readonly [number, number, number] {
  if (channel !== 'first') return [channel, channel, channel];
  if (channels === 1) return [0, 0, 0];
  return [0, 1, Math.min(2, channels - 1)];
}

/** Columns of a grid of `count` tiles that fills a stage best, and the side of one tile in pixels. */
export function gridOf(
  count: number,
  stage: { readonly width: number; readonly height: number },
  gap: number,
): { columns: number; side: number } {
  let best = { columns: 1, side: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const across = (stage.width - gap * (columns + 1)) / columns;
    const down = (stage.height - gap * (rows + 1)) / rows;
    const side = Math.floor(Math.min(across, down));
    if (side > best.side) best = { columns, side };
  }
  return best;
}
