import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

/** A PNG of 12 x 12 pixels in colour, each of which has the level that is given for its place. */
function pngOf(level: (x: number, y: number, channel: number) => number): Buffer {
  const side = 12;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(side * (1 + 3 * side));
  for (let y = 0; y < side; y++) {
    for (let i = 0; i < 3 * side; i++) rows[y * (1 + 3 * side) + 1 + i] = level(Math.floor(i / 3), y, i % 3);
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [
    chunkOf('IHDR', header),
    chunkOf('IDAT', deflateSync(rows)),
    chunkOf('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...chunks]);
}

function chunkOf(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(content.length, 0);
  chunk.set(body, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

/**
 * A folder `pets` with two classes of six pictures, a picture that was cut off and a text.
 * @returns its path
 */
export function makePets(parent: string): string {
  const folder = path.join(parent, 'pets');
  for (const [row, name] of ['cats', 'dogs'].entries()) {
    mkdirSync(path.join(folder, name), { recursive: true });
    for (let i = 0; i < 6; i++) {
      const picture = pngOf((x, y, channel) => (channel === 2 * row ? 20 * x : 10 * y + i));
      writeFileSync(path.join(folder, name, `${i}.png`), picture);
    }
  }
  writeFileSync(path.join(folder, 'cats', 'broken.png'), pngOf((x) => x).subarray(0, 60));
  writeFileSync(path.join(folder, 'notes.txt'), 'Two kinds of pets\n');
  return folder;
}
