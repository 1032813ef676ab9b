/** Room between two pictures, CSS pixels. */
const gapPx = 16;

/**
 * Several whole `<svg>` elements next to each other in one.
 *
 * @param pictures  each with `width` and `height` in pixels
 */
export function svgSideBySide(pictures: readonly string[]): string {
  let x = 0;
  let height = 0;
  const placed = pictures.map((picture) => {
    const at = x;
    x += numberIn(picture, 'width') + gapPx;
    height = Math.max(height, numberIn(picture, 'height'));
    return picture.replace('<svg ', `<svg x="${at}" `);
  });
  const width = Math.max(0, x - gapPx);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${placed.join('')}</svg>`;
}

function numberIn(picture: string, name: string): number {
  return Number(new RegExp(`^<svg [^>]*?\\b${name}="([\\d.]+)"`).exec(picture)?.[1] ?? 0);
}

/** Several PNGs next to each other in one, on a ground. @param ground  CSS colour */
export async function pngSideBySide(pictures: readonly Blob[], ground: string): Promise<Blob> {
  const images = await Promise.all(pictures.map((picture) => createImageBitmap(picture)));
  const canvas = document.createElement('canvas');
  canvas.width = images.reduce((sum, image) => sum + image.width + gapPx, -gapPx);
  canvas.height = Math.max(...images.map((image) => image.height));
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('Expected a canvas to draw the pictures on; the browser gave none');
  context.fillStyle = ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  let x = 0;
  for (const image of images) {
    context.drawImage(image, x, 0);
    x += image.width + gapPx;
    image.close();
  }
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error('The browser made no picture of the two stages'));
      else resolve(blob);
    }, 'image/png');
  });
}
