/** What the networks here are chosen by, with one wording for all of them. */
import { z } from 'zod';
import { networkParams } from '../network.ts';

const batch = z.int().min(1).max(65_536).default(512);
const width = z.int().min(1).max(4096).default(256);
const depth = z.int().min(1).max(16).default(3);

/** Parameters of every baseline. */
export const studentParams = {
  batch: batch.meta({ label: 'Batch', symbol: 'B', unit: 'points', group: 'Distillation' }),
  width: width.meta({ label: 'Width', group: 'Network' }),
  depth: depth.meta({ label: 'Hidden layers', group: 'Network' }),
  inputScale: networkParams.inputScale.default(2),
  timeChannels: z.int().min(2).max(1024).multipleOf(2).default(16).meta({
    label: 'Time channels',
    group: 'Network',
    help: 'Sines and cosines of each time that the student reads.',
  }),
  timeScale: z.number().gt(0).max(10_000).default(4).meta({
    label: 'Time scale',
    group: 'Network',
    help: 'Highest angular frequency of those. A loss that compares neighbouring times needs it low.',
  }),
} as const;

const student = z.object(studentParams);
export type StudentParams = Pick<z.output<typeof student>, 'width' | 'depth' | 'timeChannels' | 'timeScale'>;
