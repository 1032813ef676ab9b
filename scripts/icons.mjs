/* npm run generate:icons: the app's icons for all platforms in resources/icons, from the one drawing. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chromium } from '@playwright/test';
import { findChromium } from './browser.mjs';
import { root } from './paths.mjs';

const drawing = readFileSync(path.join(root, 'renderer/theme/icon.svg'), 'utf8');
const folder = path.join(root, 'resources/icons');

/** Types of PNG entries in an .icns file, by their size in pixels. */
const ICNS_TYPES = { ic11: 32, ic12: 64, ic07: 128, ic08: 256, ic13: 256, ic09: 512, ic14: 512, ic10: 1024 };
const ICO_SIZES = [16, 24, 32, 48, 64, 128, 256];
const LINUX_SIZE = 512;

const program = findChromium();
const browser = await chromium.launch(program === undefined ? {} : { executablePath: program });
const page = await browser.newPage();
/** @type {Map<number, Buffer>} */
const pictures = new Map();
for (const size of new Set([...ICO_SIZES, ...Object.values(ICNS_TYPES), LINUX_SIZE])) {
  await page.setViewportSize({ width: size, height: size });
  const picture = drawing.replace('<svg ', `<svg width="${size}" height="${size}" `);
  await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${picture}`);
  pictures.set(size, await page.screenshot({ omitBackground: true }));
}
await browser.close();

mkdirSync(folder, { recursive: true });
writeFileSync(path.join(folder, 'icon.png'), pictureOf(LINUX_SIZE));
writeFileSync(path.join(folder, 'icon.icns'), icns());
writeFileSync(path.join(folder, 'icon.ico'), ico());

/** @param {number} size */
function pictureOf(size) {
  const picture = pictures.get(size);
  if (picture === undefined) throw new Error(`No picture of ${size} pixels was made`);
  return picture;
}

/** Apple's container: `icns`, length of the file, then each entry as type, length (head included) and PNG. */
function icns() {
  const entries = Object.entries(ICNS_TYPES).map(([type, size]) => chunk(type, pictureOf(size)));
  return chunk('icns', Buffer.concat(entries));
}

/**
 * @param {string} type four letters
 * @param {Buffer} content
 */
function chunk(type, content) {
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32BE(head.length + content.length, 4);
  return Buffer.concat([head, content]);
}

/** Microsoft's container: a head, 16 bytes about each picture, then the PNGs. */
function ico() {
  const head = Buffer.alloc(6 + 16 * ICO_SIZES.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(ICO_SIZES.length, 4);
  let offset = head.length;
  ICO_SIZES.forEach((size, index) => {
    const at = 6 + 16 * index;
    // 0 stands for 256.
    head.writeUInt8(size % 256, at);
    head.writeUInt8(size % 256, at + 1);
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(pictureOf(size).length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += pictureOf(size).length;
  });
  return Buffer.concat([head, ...ICO_SIZES.map(pictureOf)]);
}
