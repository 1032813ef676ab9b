/** A figure as pixels, for where no browser draws it. */
import fs from 'node:fs';
import { createRequire } from 'node:module';

/** Pixels per unit of the figure: fine enough for print at column width. */
const SCALE = 2;
/** The window's own font: a file of letters outside it would show boxes. */
const FONT = '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2';

// Not named `require`: a bundler may put a `require` of its own beside it.
const fromHere = createRequire(import.meta.url);
let ready: Promise<typeof import('@resvg/resvg-wasm')> | null = null;
let font: Uint8Array | null = null;

/** @returns a PNG file */
export async function pngOf(svg: string): Promise<Uint8Array> {
  ready ??= loaded();
  const { Resvg } = await ready;
  font ??= fs.readFileSync(fromHere.resolve(FONT));
  const drawing = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: SCALE },
    font: { fontBuffers: [font], loadSystemFonts: false, defaultFontFamily: 'Inter Variable' },
  });
  const image = drawing.render();
  try {
    return image.asPng();
  } finally {
    // Their memory is not JavaScript's.
    image.free();
    drawing.free();
  }
}

/** Read at the first figure: 2.5 MB of code that training does not need. */
async function loaded(): Promise<typeof import('@resvg/resvg-wasm')> {
  const resvg = await import('@resvg/resvg-wasm');
  await resvg.initWasm(fs.readFileSync(fromHere.resolve('@resvg/resvg-wasm/index_bg.wasm')));
  return resvg;
}
