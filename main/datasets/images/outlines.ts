/**
 * Plane figures by the signed distance to their edge, negative inside. Every figure touches the unit
 * circle from within and is centred in it, so that one radius fits all into a frame. Where edges meet, the
 * distance is that to the nearer line: exact along edges, too small outside corners.
 */
export interface Outline {
  readonly name: string;
  /** Of the figure, in units of its radius squared. */
  readonly area: number;
  distance(x: number, y: number): number;
}

/** Half the side of a square in the unit circle. */
const SQUARE = Math.SQRT1_2;
/** Half the length and half the width of a bar whose corners lie on the unit circle. */
const [LONG, THIN] = [Math.cos(0.3), Math.sin(0.3)];
/** Inner radius of the ring. */
const HOLE = 0.55;

function rectangle(x: number, y: number, halfWidth: number, halfHeight: number): number {
  return Math.max(Math.abs(x) - halfWidth, Math.abs(y) - halfHeight);
}

/** The order is that of the classes. */
export const outlines: readonly Outline[] = [
  { name: 'disc', area: Math.PI, distance: (x, y) => Math.hypot(x, y) - 1 },
  { name: 'square', area: 4 * SQUARE ** 2, distance: (x, y) => rectangle(x, y, SQUARE, SQUARE) },
  {
    name: 'triangle',
    area: (3 * Math.sqrt(3)) / 4,
    // Equilateral: three lines at half the radius from the centre.
    distance: (x, y) => Math.max(-y, y / 2 + (Math.sqrt(3) / 2) * Math.abs(x)) - 0.5,
  },
  {
    name: 'cross',
    area: 8 * LONG * THIN - 4 * THIN ** 2,
    distance: (x, y) => Math.min(rectangle(x, y, LONG, THIN), rectangle(x, y, THIN, LONG)),
  },
  {
    name: 'ring',
    area: Math.PI * (1 - HOLE ** 2),
    distance: (x, y) => Math.abs(Math.hypot(x, y) - (1 + HOLE) / 2) - (1 - HOLE) / 2,
  },
  { name: 'bar', area: 4 * LONG * THIN, distance: (x, y) => rectangle(x, y, LONG, THIN) },
];
