import { oklabFromLinearRgb } from '../oklch.ts';
import type { LinearRgb } from '../oklch.ts';

type Matrix = readonly [LinearRgb, LinearRgb, LinearRgb];

/**
 * Full red- and green-blindness on linear sRGB: Machado, Oliveira and Fernandes 2009, "A
 * physiologically-based model for simulation of color vision deficiency", severity 1.0.
 */
export const protanopia: Matrix = [
  [0.152286, 1.052583, -0.204868],
  [0.114503, 0.786281, 0.099216],
  [-0.003882, -0.048116, 1.051998],
];
export const deuteranopia: Matrix = [
  [0.367322, 0.860646, -0.227968],
  [0.280085, 0.672501, 0.047413],
  [-0.01182, 0.04294, 0.968881],
];

export function seenWith(matrix: Matrix, [red, green, blue]: LinearRgb): LinearRgb {
  const channel = ([r, g, b]: LinearRgb): number => Math.min(1, Math.max(0, r * red + g * green + b * blue));
  return [channel(matrix[0]), channel(matrix[1]), channel(matrix[2])];
}

/** Distance in OKLab, where 0.02 is about what two neighbouring patches can just be told apart by. */
export function perceivedDistance(a: LinearRgb, b: LinearRgb): number {
  const [l1, a1, b1] = oklabFromLinearRgb(a);
  const [l2, a2, b2] = oklabFromLinearRgb(b);
  return Math.hypot(l1 - l2, a1 - a2, b1 - b2);
}

/** Relative luminance, WCAG 2. */
function luminance([red, green, blue]: LinearRgb): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Contrast ratio, WCAG 2: from 1 to 21. */
export function contrast(a: LinearRgb, b: LinearRgb): number {
  const [darker, lighter] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

/** Lightness of a greyscale print, on OKLab's scale from 0 to 1. */
export function greyLightness(colour: LinearRgb): number {
  return Math.cbrt(luminance(colour));
}
