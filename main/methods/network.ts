/** What networks of low-dimensional students have in common. */
import { z } from 'zod';

export const networkParams = {
  inputScale: z.number().gt(0).max(100).default(8).meta({
    label: 'Input scale',
    group: 'Network',
    help: 'Spread of what the first layer makes of a point before training. A large one learns sharp detail soon, a small one stays smooth.',
  }),
} as const;
