import type { PointSet } from '#contract/frames.ts';

interface Tiling {
  readonly columns: number;
  readonly rows: number;
  /** Which sample lies at each place, row by row; those left out are empty. */
  readonly order?: readonly (number | null)[];
}

/** Between two images, in their pixels: small ones would run into each other. */
const gap = 1;

/**
 * Draws images side by side, pixel for pixel, for the page to enlarge. Those of one channel are grey; of
 * more than three, as latents have, the first three are shown on the range of all.
 */
export function drawImages(canvas: HTMLCanvasElement, images: PointSet, tiling: Tiling): void {
  const [height = 1, width = 1, channels = 1] = images.shape ?? [];
  const { columns, rows, order } = tiling;
  canvas.width = columns * (width + gap) - gap;
  canvas.height = rows * (height + gap) - gap;
  const context = canvas.getContext('2d');
  if (context === null) return;
  const picture = context.createImageData(canvas.width, canvas.height);
  const [least, most] = channels > 3 ? rangeOf(images.values) : [-1, 1];
  const scale = 255 / (most - least);
  for (let place = 0; place < columns * rows; place += 1) {
    const sample = order === undefined ? place : order[place];
    if (sample === null || sample === undefined || sample >= images.count) continue;
    const left = (place % columns) * (width + gap);
    const top = Math.floor(place / columns) * (height + gap);
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const from = sample * images.dim + (y * width + x) * channels;
        const to = ((top + y) * canvas.width + left + x) * 4;
        for (let c = 0; c < 3; c += 1) {
          const value = images.values[from + (channels < 3 ? 0 : c)] ?? 0;
          picture.data[to + c] = (value - least) * scale;
        }
        picture.data[to + 3] = 255;
      }
    }
  }
  context.putImageData(picture, 0, 0);
}

function rangeOf(values: Float32Array): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return most > least ? [least, most] : [least - 1, least + 1];
}

/** The samples of each class in a row of its own, the first `columns` of them; `null` where there are fewer. */
export function classRows(
  labels: Float32Array,
  classes: readonly number[],
  columns: number,
): (number | null)[] {
  const rows = classes.map((): (number | null)[] => []);
  const places = new Map(classes.map((label, row) => [label, row]));
  labels.forEach((label, sample) => {
    const row = rows[places.get(label) ?? -1];
    if (row !== undefined && row.length < columns) row.push(sample);
  });
  return rows.flatMap((row) => [...row, ...Array.from({ length: columns - row.length }, () => null)]);
}
