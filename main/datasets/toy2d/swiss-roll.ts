/** The swiss roll as the Drifting demo draws it: (a cos a, a sin a) / max, a uniform on [pi/2, pi/2 + 4 pi]. */
import { z } from 'zod';
import { defineDataset } from '../dataset.ts';
import { standardised } from '../standardise.ts';
import { noiseField } from './fields.ts';

const FROM = Math.PI / 2;
const TO = FROM + 4 * Math.PI;

export const swissRoll = defineDataset({
  id: 'swiss-roll',
  title: 'Swiss roll',
  summary: 'A band rolled up over two turns, thinner in density towards the outside.',
  dim: 2,
  analytic: false,
  imported: false,
  params: z.strictObject({ noise: noiseField(0.03) }),
  create({ noise }) {
    // On a = FROM .. TO the largest coordinate of (a cos a, a sin a) is TO, at the outer end.
    const moment = (integral: (a: number) => number, power: number) =>
      (integral(TO) - integral(FROM)) / (TO - FROM) / TO ** power;
    const center = [
      moment((a) => a * Math.sin(a) + Math.cos(a), 1),
      moment((a) => Math.sin(a) - a * Math.cos(a), 1),
    ] as const;
    const squaredRadius = moment((a) => a ** 3 / 3, 2);
    return standardised({
      dim: 2,
      center,
      std: Math.sqrt((squaredRadius - center[0] ** 2 - center[1] ** 2) / 2 + noise ** 2),
      sample(rng, count) {
        const out = rng.fillNormal(new Float64Array(2 * count));
        for (let n = 0; n < count; n++) {
          const angle = FROM + (TO - FROM) * rng.uniform();
          out[2 * n] = (angle / TO) * Math.cos(angle) + noise * out[2 * n]!;
          out[2 * n + 1] = (angle / TO) * Math.sin(angle) + noise * out[2 * n + 1]!;
        }
        return out;
      },
    });
  },
});
