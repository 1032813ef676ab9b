import type { ImageShape } from '../dataset.ts';

/** Swaps left and right of one image [height, width, channels], in place: twice is not at all. */
export function mirror(image: Float32Array, [height, width, channels]: ImageShape): void {
  for (let y = 0; y < height; y++) {
    for (let left = 0, right = width - 1; left < right; left++, right--) {
      for (let c = 0; c < channels; c++) {
        const [a, b] = [(y * width + left) * channels + c, (y * width + right) * channels + c];
        const kept = image[a]!;
        image[a] = image[b]!;
        image[b] = kept;
      }
    }
  }
}
