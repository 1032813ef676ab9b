/** The teacher of the distillations here: the exact velocity of eight Gaussians, so that nothing is due to it. */
import { mixtureVelocityField } from '../maths/gaussian-mixture.ts';
import type { VelocityField } from '../maths/sampleable.ts';
import { type Lab, sourceOf } from './lab.ts';
import { noiseOf } from './noise.ts';

export const taught = sourceOf('eight-gaussians');

export function exactTeacher(): VelocityField {
  return mixtureVelocityField(taught.mixture!);
}

/** Samples that every arm is compared on. */
const count = 4000;

/** The noise of a seed and where the teacher takes it (RK4, 64 steps). */
export async function reference(
  lab: Lab,
  seed: number,
): Promise<{ noise: Float32Array; ends: Float64Array }> {
  const noise = noiseOf(2 * count, seed);
  return { noise, ends: await lab.teacherEnds(exactTeacher, noise, 2, { sampler: 'rk4', steps: 64 }) };
}
