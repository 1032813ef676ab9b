import interUrl from '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url';
import { footerHeight, footerLines, footerStyle } from './footer.ts';
import { xmlElement } from './xml.ts';

/** Pixels of a figure per CSS pixel. */
const figureScale = 2;

/**
 * A picture of an SVG element, at twice its size.
 *
 * An SVG that is drawn as an image sees no fonts but the system's, so the interface's font goes in with it.
 *
 * @param svg  one whole `<svg>` element with `width` and `height`
 * @throws Error if the browser cannot draw it
 */
export async function pngFromSvg(svg: string): Promise<Blob> {
  const image = await loaded(await svgWithFont(svg));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(image.naturalWidth * figureScale);
  canvas.height = Math.round(image.naturalHeight * figureScale);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('Expected a canvas to draw the picture on; the browser gave none');
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return blobOf(canvas);
}

function blobOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null)
        reject(new Error(`The browser made no picture of ${canvas.width}x${canvas.height} pixels`));
      else resolve(blob);
    }, 'image/png');
  });
}

/**
 * A picture with a line below it.
 *
 * @param picture  of {@link figureScale} pixels per CSS pixel
 * @throws Error if the browser cannot read it
 */
export async function pngWithFooter(picture: Blob, text: string): Promise<Blob> {
  const image = await createImageBitmap(picture);
  const lines = footerLines(text, image.width / figureScale);
  const canvas = document.createElement('canvas');
  canvas.width = image.width;
  canvas.height = image.height + Math.round(figureScale * footerHeight(lines));
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('Expected a canvas to draw the picture on; the browser gave none');
  const { fontPx, linePx, marginPx, ink, paper } = footerStyle;
  context.fillStyle = paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0);
  context.scale(figureScale, figureScale);
  context.font = `${fontPx}px 'Inter Variable', Inter, sans-serif`;
  context.fillStyle = ink;
  lines.forEach((line, i) => {
    context.fillText(line, marginPx, image.height / figureScale + (i + 1) * linePx - 3);
  });
  return blobOf(canvas);
}

/** An SVG element that shows the interface's font wherever it is drawn as an image. */
export async function svgWithFont(svg: string): Promise<string> {
  return withFont(svg, await fontAddress());
}

async function loaded(svg: string): Promise<HTMLImageElement> {
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(address);
  }
}

function withFont(svg: string, address: string | null): string {
  if (address === null) return svg;
  const face = `@font-face{font-family:'Inter Variable';font-weight:100 900;src:url(${address})}`;
  const tag = /^\s*<svg(?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*>/.exec(svg)?.[0] ?? '';
  return `${tag}${xmlElement('style', {}, face)}${svg.slice(tag.length)}`;
}

let font: Promise<string | null> | null = null;

/** The font as a `data:` address; null if it cannot be had, which leaves the picture to another font. */
function fontAddress(): Promise<string | null> {
  font ??= fetch(interUrl)
    .then((answer) => answer.blob())
    .then(
      (blob) =>
        new Promise<string | null>((resolve) => {
          const reader = new FileReader();
          reader.onload = () => resolve(typeof reader.result === 'string' ? reader.result : null);
          reader.onerror = () => resolve(null);
          reader.readAsDataURL(blob);
        }),
    )
    .catch(() => null);
  return font;
}
