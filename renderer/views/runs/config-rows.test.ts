import { expect, it } from 'vitest';
import type { MethodEntry } from '#contract/catalog.ts';
import type { RunSummary } from '#contract/runs.ts';
import { configRows } from './config-rows.ts';

const params = {
  properties: {
    batch: { type: 'integer', label: 'Batch' },
    network: { enum: ['auto', 'mlp', 'dit'], label: 'Network', group: 'Network' },
    width: { type: 'integer', label: 'Width', group: 'Network' },
    depth: { type: 'integer', label: 'Hidden layers', group: 'Network' },
    ditWidth: { type: 'integer', label: 'Transformer width', group: 'Transformer' },
  },
};
const method = { id: 'teacher', title: 'Teacher', params } as unknown as MethodEntry;

/** Paths of the parameters that the table shows of a run with all of them. */
function shown(network: string, sampleShape: number[] | undefined, schema: object = params): string[] {
  const run = {
    config: {
      method: 'teacher',
      dataset: { id: 'd', params: {} },
      params: { batch: 64, network, width: 256, depth: 3, ditWidth: 128 },
    },
    ...(sampleShape === undefined ? {} : { sampleShape }),
  } as unknown as RunSummary;
  return configRows(run, {
    method: { ...method, params: schema } as MethodEntry,
    dataset: null,
    runSchema: null,
    nameOf: () => null,
  })
    .map(({ path }) => path)
    .filter((path) => path.startsWith('params.'))
    .map((path) => path.slice('params.'.length));
}

it('shows the sizes of the network that is trained, and not of the other', () => {
  const [plain, transformer] = [
    ['batch', 'network', 'width', 'depth'],
    ['batch', 'network', 'ditWidth'],
  ];
  expect(shown('auto', undefined)).toEqual(plain);
  expect(shown('auto', [8, 8, 1])).toEqual(transformer);
  expect(shown('mlp', [8, 8, 1])).toEqual(plain);
  expect(shown('dit', [8, 8, 1])).toEqual(transformer);
});

it('shows everything of a method that has networks of its own', () => {
  const network = { ...params.properties.network, enum: ['auto', 'plain', 'residual'] };
  const own = { properties: { ...params.properties, network } };
  expect(shown('auto', [8, 8, 1], own)).toEqual(['batch', 'network', 'width', 'depth', 'ditWidth']);
});
