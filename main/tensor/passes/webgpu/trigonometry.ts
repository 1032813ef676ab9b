/**
 * Sine and cosine from sums and products. WGSL promises them to 2^-11 only, between -pi and pi at that,
 * and networks are told the time by sines of large angles.
 */
import type { Value } from '../../graph.ts';
import type { Building } from './building.ts';

/** Their sum is pi; the first two times a whole number below 2^13 are exact in single precision. */
const PI_IN_PARTS = [3.140625, 9.67502593994140625e-4, 1.509957990978376432e-7];
/** sin(r) - r = c3 r^3 + c5 r^5 + c7 r^7 + c9 r^9 with the least error on [-pi/2, pi/2], which is 5e-9. */
const SINE = [-0.166666571, 0.00833301729, -0.000198066152, 0.00000260005473];

export function sine(build: Building, x: Value): Value {
  const turns = build.binary('Multiply', x, 1 / Math.PI);
  const k = build.unary('Floor', build.binary('Add', turns, 0.5));
  return signed(build, polynomial(build, remainder(build, x, k)), k);
}

/** cos(x) = (-1)^(k+1) sin(x - (k + 1/2) pi), exact where x is near a zero. */
export function cosine(build: Building, x: Value): Value {
  const k = build.unary('Floor', build.binary('Multiply', x, 1 / Math.PI));
  const rest = remainder(build, x, build.binary('Add', k, 0.5));
  return build.unary('Neg', signed(build, polynomial(build, rest), k));
}

/** x - k pi. */
function remainder(build: Building, x: Value, k: Value): Value {
  return PI_IN_PARTS.reduce((rest, part) => build.binary('Sub', rest, build.binary('Multiply', k, part)), x);
}

function polynomial(build: Building, r: Value): Value {
  const square = build.binary('Multiply', r, r);
  const [last, ...others] = [...SINE].reverse();
  let inner: Value | number = last!;
  for (const c of others) inner = build.binary('Add', build.binary('Multiply', square, inner), c);
  const correction = build.binary('Multiply', build.binary('Multiply', r, square), inner);
  return build.binary('Add', r, correction);
}

/** y for even k, -y for odd. */
function signed(build: Building, y: Value, k: Value): Value {
  const half = build.binary('Multiply', k, 0.5);
  const odd = build.binary('Sub', half, build.unary('Floor', half));
  return build.binary('Multiply', y, build.binary('Sub', 1, build.binary('Multiply', odd, 4)));
}
