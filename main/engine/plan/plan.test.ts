/** What a plan refuses of shapes; of what it refuses else, service.test.ts and its neighbours tell. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { type RunConfigInput, runConfig } from '#contract/runs.ts';
import { type Dataset, defineDataset } from '../../datasets/dataset.ts';
import { RunFolder } from '../../store/index.ts';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import { planOf } from './plan.ts';

/** Images of as many numbers as a digit, in another shape. */
const tiles: Dataset = defineDataset({
  id: 'tiles',
  title: 'Tiles',
  summary: 'Grey images of four channels.',
  dim: 64,
  shape: [4, 4, 4],
  analytic: false,
  imported: true,
  params: z.strictObject({}),
  create: () => ({
    dim: 64,
    shape: [4, 4, 4],
    sample: (_, count) => new Float32Array(count * 64),
  }),
});

function folderOf(config: RunConfigInput): RunFolder {
  const runs = fs.mkdtempSync(path.join(scratchFolder(), 'runs-'));
  return RunFolder.create(runs, runConfig.parse(config), { versions: {} });
}

it('refuses data of as many numbers as the teacher makes, in another shape', () => {
  const teacher = folderOf({ method: 'teacher', dataset: { id: 'digits' } });
  const plan = (dataset: string) =>
    planOf(
      runConfig.parse({ method: 'freeflow', dataset: { id: dataset }, teacher: teacher.id }),
      [tiles],
      {
        teacher: () => ({ kind: 'run', folder: teacher }),
        encoder: () => {
          throw new Error('there is no encoder');
        },
      },
      () => undefined,
    );
  expect(() => plan('tiles')).toThrow(
    expect.objectContaining({
      code: 'config/wrong-value',
      message: 'dataset: expected images [8, 8, 1], as the teacher makes, found images [4, 4, 4]',
    }),
  );
  // The same data gets further: to a teacher that has learnt nothing yet.
  expect(() => plan('digits')).toThrow(expect.objectContaining({ code: 'run/no-checkpoint' }));
});
