/** Pictures of samples: an 8-bit RGB PNG with the images of a batch in a grid. */
import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Pixels between two images, black. */
const GAP = 2;

/**
 * @param images  [n, height, width, channels] in [-1, 1]; one channel is grey, of more the first three
 * @returns a PNG file, about as many columns as rows
 */
export function pngGrid(
  images: Float32Array,
  [height, width, channels]: readonly [number, number, number],
): Uint8Array {
  const each = height * width * channels;
  const count = images.length / each;
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const full = { width: columns * (width + GAP) - GAP, height: rows * (height + GAP) - GAP };
  // Every row of a PNG begins with its filter: none.
  const stride = 1 + 3 * full.width;
  const pixels = new Uint8Array(stride * full.height);
  for (let image = 0; image < count; image++) {
    const top = Math.floor(image / columns) * (height + GAP);
    const left = (image % columns) * (width + GAP);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = image * each + (y * width + x) * channels;
        const to = (top + y) * stride + 1 + 3 * (left + x);
        for (let c = 0; c < 3; c++) pixels[to + c] = byteOf(images[from + (channels < 3 ? 0 : c)]!);
      }
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(full.width, 0);
  header.writeUInt32BE(full.height, 4);
  // Eight bits, colour without a palette.
  header.set([8, 2], 8);
  return Buffer.concat([
    Buffer.from(SIGNATURE),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

/** -1 to 1 as 0 to 255. */
function byteOf(value: number): number {
  return Math.max(0, Math.min(255, Math.round((value + 1) * 127.5)));
}

function chunk(type: string, data: Uint8Array): Buffer {
  const made = Buffer.alloc(12 + data.length);
  made.writeUInt32BE(data.length, 0);
  made.write(type, 4, 'latin1');
  made.set(data, 8);
  made.writeUInt32BE(crc32(made.subarray(4, 8 + data.length)), 8 + data.length);
  return made;
}
