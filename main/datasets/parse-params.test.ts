import { expect, it } from 'vitest';
import { z } from 'zod';
import { WorkbenchError } from '#contract/errors.ts';
import { datasetById, importedDataset, parseDatasetParams } from './index.ts';

const checkerboard = datasetById('checkerboard');
const mixture = datasetById('gaussian-mixture');

it('fills in defaults', () => {
  expect(parseDatasetParams(checkerboard, {})).toEqual({ convention: 'notebook', noise: 0.05 });
  expect(parseDatasetParams(checkerboard, { noise: 0 })).toEqual({ convention: 'notebook', noise: 0 });
});

const bad: [string, () => unknown, string, string][] = [
  [
    'an unknown field',
    () => parseDatasetParams(checkerboard, { nois: 1 }),
    'config/unknown-field',
    'dataset.params.nois: expected only convention, noise, found an unknown field',
  ],
  [
    'a value out of range',
    () => parseDatasetParams(checkerboard, { noise: -1 }),
    'config/wrong-value',
    'dataset.params.noise: expected at least 0, found -1',
  ],
  [
    'a value of another type',
    () => parseDatasetParams(checkerboard, { noise: '0.1' }),
    'config/wrong-value',
    'dataset.params.noise: expected a number, found "0.1"',
  ],
  [
    'a choice that there is not',
    () => parseDatasetParams(checkerboard, { convention: 'chess' }, 'data'),
    'config/wrong-value',
    'data.convention: expected one of notebook, grid4, found "chess"',
  ],
  [
    'no number',
    () => parseDatasetParams(checkerboard, { noise: NaN }),
    'config/wrong-value',
    'dataset.params.noise: expected a number, found NaN',
  ],
  [
    'no object',
    () => parseDatasetParams(checkerboard, null),
    'config/wrong-value',
    'dataset.params: expected an object, found null',
  ],
  [
    'part of a count',
    () => parseDatasetParams(datasetById('rings'), { rings: 2.5 }),
    'config/wrong-value',
    'dataset.params.rings: expected a whole number, found 2.5',
  ],
  [
    'two stds for three means',
    () => parseDatasetParams(mixture, { stds: [1, 2] }),
    'config/wrong-value',
    'dataset.params.stds: expected 1 or 3 numbers, one per mean, found a list of 2',
  ],
  [
    'four weights for three means',
    () => parseDatasetParams(mixture, { weights: [1, 1, 1, 1] }),
    'config/wrong-value',
    'dataset.params.weights: expected 1 or 3 numbers, one per mean, found a list of 4',
  ],
  [
    'no means',
    () => parseDatasetParams(mixture, { means: [] }),
    'config/wrong-value',
    'dataset.params.means: expected at least 1 item, found a list of 0',
  ],
  [
    'a mean that is no point in the plane',
    () => parseDatasetParams(mixture, { means: [[0, 0], [1]] }),
    'config/wrong-value',
    'dataset.params.means[1]: expected at least 2 items, found a list of 1',
  ],
  [
    'a coordinate that is no number',
    () => parseDatasetParams(mixture, { means: [[1, 'x']] }),
    'config/wrong-value',
    'dataset.params.means[0][1]: expected a number, found "x"',
  ],
  [
    'a weight of zero',
    () => parseDatasetParams(mixture, { weights: [0] }),
    'config/wrong-value',
    'dataset.params.weights[0]: expected at least 0.000001, found 0',
  ],
];

it.each(bad)('refuses %s, naming the field', (_what, parse, code, message) => {
  let caught: unknown;
  try {
    parse();
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(WorkbenchError);
  expect(caught).toMatchObject({ code, message, detail: { field: message.split(':')[0] } });
});

it('names every wrong field in the detail', () => {
  expect(() => parseDatasetParams(mixture, { stds: [1, 2], weights: [1, 2] })).toThrow(
    expect.objectContaining({
      detail: expect.objectContaining({
        issues: [
          expect.objectContaining({ field: 'dataset.params.stds' }),
          expect.objectContaining({ field: 'dataset.params.weights' }),
        ],
      }) as unknown,
    }),
  );
});

it('takes no parameters for imported points', () => {
  const points = { count: 2, dim: 1, values: Float64Array.of(0, 1) };
  const imported = importedDataset('mine', 'mine.csv', points);
  expect(z.toJSONSchema(imported.params)).toMatchObject({ properties: {}, additionalProperties: false });
  expect(() => parseDatasetParams(imported, { noise: 1 })).toThrow(
    expect.objectContaining({
      code: 'config/unknown-field',
      message: 'dataset.params.noise: expected no fields, found an unknown field',
    }),
  );
});
