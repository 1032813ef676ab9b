/** Nodes along an axis from which streamlines and colours come out smooth. */
const smoothFrom = 41;

/**
 * The grid to ask for: nodes along each axis, and every how many of them an arrow stands, so that
 * arrows keep their places whatever else is drawn from the same grid.
 */
export function gridSizeOf(arrows: number, isSmooth: boolean): { side: number; stride: number } {
  const stride = isSmooth ? Math.max(1, Math.ceil((smoothFrom - 1) / (arrows - 1))) : 1;
  return { side: (arrows - 1) * stride + 1, stride };
}
