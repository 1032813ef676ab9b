/**
 * Root mean square distance per coordinate between points that belong together, such as a student's and
 * its teacher's end points of the same noise; in the units of the points.
 *
 * @throws RangeError if they are not as many
 */
export function pairedDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`expected ${a.length} numbers in pairs, found ${b.length}`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum / a.length);
}
