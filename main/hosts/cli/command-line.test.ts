import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { argumentsOf, commandLineOf } from '#contract/command-line.ts';
import type { JsonSchema } from '#contract/catalog.ts';
import { type RunConfig, type RunConfigInput, runConfig } from '#contract/runs.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { datasetById, parseDatasetParams } from '../../datasets/index.ts';
import { catalogOf, runSchema } from '../../engine/catalog.ts';
import { methodById, parseMethodParams } from '../../methods/index.ts';
import { train } from './train.ts';

const catalog = catalogOf([]);
const trainable = catalog.methods.filter(({ isTrainable }) => isTrainable);
const pairs = trainable.flatMap((method) => catalog.datasets.map((dataset) => ({ method, dataset })));

/** An engine that only remembers the run it was asked for. */
const asked = vi.hoisted(() => ({ config: null as unknown, isRecorded: new Error('recorded') }));
vi.mock('./engine.ts', () => ({
  withEngine: (_home: string | undefined, work: (client: WorkbenchClient) => Promise<number>) =>
    work({
      call: async (name: string, input: { config: RunConfigInput }) => {
        if (name === 'catalog.get') return catalog;
        if (name === 'catalog.runSchema') return runSchema();
        asked.config = input.config;
        throw asked.isRecorded;
      },
      listen: () => () => undefined,
    } as unknown as WorkbenchClient),
}));

const silent = { json: true, answer: () => undefined, say: () => undefined };

/** What the command makes of its arguments, with every default filled in. */
async function configFromArguments(argv: readonly string[]): Promise<RunConfig> {
  asked.config = null;
  await expect(train(argv.slice(1), silent)).rejects.toBe(asked.isRecorded);
  return filled(runConfig.parse(asked.config));
}

function filled(config: RunConfig): RunConfig {
  const { id, params } = config.dataset;
  return {
    ...config,
    params: parseMethodParams(methodById(config.method), config.params),
    dataset: { id, params: parseDatasetParams(datasetById(id), params) },
  };
}

type Property = Record<string, unknown> & { default?: unknown };

/** Values that a schema allows, or nothing at all. */
function valuesOf(property: Property): fc.Arbitrary<unknown> {
  const [least, most] = [Number(property['minimum'] ?? -50), Number(property['maximum'] ?? 50)];
  if (Array.isArray(property['enum'])) return fc.constantFrom(...(property['enum'] as unknown[]));
  switch (property['type']) {
    case 'boolean':
      return fc.boolean();
    case 'integer': {
      const unit = Number(property['multipleOf'] ?? 1);
      return fc
        .integer({ min: Math.ceil(least / unit), max: Math.floor(Math.min(most, least + 500) / unit) })
        .map((value) => value * unit);
    }
    case 'number': {
      const low = Number(property['exclusiveMinimum'] ?? least);
      const high = Number(property['exclusiveMaximum'] ?? most);
      return fc
        .double({ min: 0, max: 1, noNaN: true })
        .map((share) => low + share * (high - low))
        .filter((value) => value > low && value < high);
    }
    default:
      return fc.constant(property.default);
  }
}

function paramsOf(schema: JsonSchema): fc.Arbitrary<Record<string, unknown>> {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Property>);
  return fc.record(Object.fromEntries(properties.map(([name, property]) => [name, valuesOf(property)])), {
    requiredKeys: [],
  });
}

/** Names as people give them, and as they do not. */
const nameText = fc.oneof(
  fc.string({ minLength: 1, maxLength: 30 }),
  fc.constantFrom('my first run', "it's", '"quoted"', '$HOME `ls` !', '--steps', '-1', '100%', 'Grüße 点'),
);

/** Lists and other values that the schema's bounds do not tell how to make. */
const lists: Readonly<Record<string, readonly unknown[]>> = {
  temperatures: [[0.5], [0.01, 0.1, 2.5e-7]],
};

it.each(pairs)('a run of $method.id on $dataset.id comes back from its command line', async (pair) => {
  const { method, dataset } = pair;
  const schemas = { methodSchema: method.params, datasetSchema: dataset.params, runSchema: runSchema() };
  const config = fc.record({
    method: fc.constant(method.id),
    params: paramsOf(method.params),
    dataset: paramsOf(dataset.params).map((params) => ({ id: dataset.id, params })),
    settings: paramsOf(runSchema()),
    name: fc.option(nameText, { nil: undefined }),
    list: fc.nat(2),
  });
  await fc.assert(
    fc.asyncProperty(config, async ({ settings, name, list, params, ...rest }) => {
      const inLists = Object.entries(lists).filter(([field]) => field in params);
      const changed = {
        ...params,
        ...Object.fromEntries(inLists.map(([field, values]) => [field, values[list] ?? params[field]])),
      };
      const given = filled(
        runConfig.parse({ ...settings, ...rest, params: changed, ...(name === undefined ? {} : { name }) }),
      );
      const { name: schemaName, ...expected } = given;
      const { name: readName, ...read } = await configFromArguments(argumentsOf(given, schemas));
      expect(read).toEqual(expected);
      expect(readName).toBe(schemaName);
    }),
    { seed: 11, numRuns: 25 },
  );
});

it('says nothing that is a default', () => {
  const [{ method, dataset }] = pairs as [(typeof pairs)[0]];
  const config = filled(runConfig.parse({ method: method.id, dataset: { id: dataset.id }, steps: 300 }));
  const schemas = { methodSchema: method.params, datasetSchema: dataset.params, runSchema: runSchema() };
  expect(commandLineOf(config, schemas)).toBe(
    `npm run fewstep -- train --method ${method.id} --data ${dataset.id} --steps 300`,
  );
});

it.skipIf(process.platform === 'win32')('reaches the command through a shell as it was meant', () => {
  const [{ method, dataset }] = pairs as [(typeof pairs)[0]];
  const schemas = { methodSchema: method.params, datasetSchema: dataset.params, runSchema: runSchema() };
  const word = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(fc.oneof(nameText, word), (name) => {
      const config = filled(runConfig.parse({ method: method.id, dataset: { id: dataset.id }, name }));
      const words = commandLineOf(config, schemas).replace('npm run fewstep -- ', '');
      const received = execFileSync('sh', ['-c', `printf '%s\\0' ${words}`], { encoding: 'utf8' });
      expect(received.split('\0').slice(0, -1)).toEqual(argumentsOf(config, schemas));
    }),
    { seed: 12, numRuns: 40 },
  );
});
