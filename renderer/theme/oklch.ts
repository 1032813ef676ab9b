/** Linear-light sRGB, each channel in [0, 1]. Blending and shaders work in this space. */
export type LinearRgb = readonly [number, number, number];

/** Perceptual coordinates: lightness in [0, 1] and the two opponent axes of OKLab. */
type Oklab = readonly [number, number, number];

/** Ottosson's OKLab to linear sRGB, clipped to the gamut. */
export function linearRgbFromOklab([lightness, a, b]: Oklab): LinearRgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    unit(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    unit(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    unit(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** The inverse of {@link linearRgbFromOklab}. */
export function oklabFromLinearRgb([red, green, blue]: LinearRgb): Oklab {
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/**
 * A colour as `getComputedStyle` prints it: `oklch(L C H)` or `rgb(r, g, b)`.
 *
 * @throws Error on any other notation, which would be a mistake in the tokens
 */
export function linearRgbFromCss(text: string): LinearRgb {
  const numbers = (text.match(/-?[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);
  const [first, second, third] = numbers;
  if (first !== undefined && second !== undefined && third !== undefined) {
    if (text.startsWith('oklch(')) {
      const hue = (third * Math.PI) / 180;
      return linearRgbFromOklab([first, second * Math.cos(hue), second * Math.sin(hue)]);
    }
    if (text.startsWith('rgb')) return [linearFromByte(first), linearFromByte(second), linearFromByte(third)];
  }
  throw new Error(`Expected an oklch() or rgb() colour, found ${JSON.stringify(text)}`);
}

/** sRGB bytes of a linear colour. */
export function bytesFromLinearRgb(colour: LinearRgb): [number, number, number] {
  const [red, green, blue] = colour;
  return [byteFromLinear(red), byteFromLinear(green), byteFromLinear(blue)];
}

function byteFromLinear(value: number): number {
  const encoded = value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
  return Math.round(encoded * 255);
}

function linearFromByte(byte: number): number {
  const value = byte / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function unit(value: number): number {
  return Math.min(1, Math.max(0, value));
}
