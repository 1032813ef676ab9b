/** What this engine offers, described for forms and flags. */
import { z } from 'zod';
import type { Catalog, DatasetEntry, JsonSchema } from '#contract/catalog.ts';
import { runConfig } from '#contract/runs.ts';
import { type Dataset, datasets, imageDatasets } from '../datasets/index.ts';
import { methods } from '../methods/index.ts';
import { teacherDistance } from './evaluation/evaluate.ts';
import { importedMethods } from './plan/imported-plan.ts';
import { metrics } from '../metrics/index.ts';
import { samplers } from '../samplers/index.ts';

export function catalogOf(imported: readonly Dataset[]): Catalog {
  return {
    methods: [...methods, ...importedMethods].map(
      ({
        id,
        title,
        summary,
        reference,
        equation,
        produces,
        needsTeacher,
        usesEncoder = false,
        params,
        guidedAbove,
        imageDefaults = {},
        views,
      }) => ({
        id,
        title,
        summary,
        reference,
        equation,
        produces,
        needsTeacher,
        isTrainable: methods.some((method) => method.id === id),
        usesEncoder,
        params: schemaOf(params),
        ...(guidedAbove === undefined ? {} : { guidedAbove }),
        imageDefaults: { ...imageDefaults },
        views: [...views],
      }),
    ),
    datasets: [...datasets, ...imageDatasets, ...imported].map(datasetEntryOf),
    samplers: samplers.map(({ id, title, order, evaluationsPerStep, adaptive }) => ({
      id,
      title,
      order,
      evaluationsPerStep,
      adaptive,
    })),
    metrics: [...metrics, teacherDistance].map(({ id, title, betterWhen }) => ({ id, title, betterWhen })),
  };
}

function datasetEntryOf(dataset: Dataset): DatasetEntry {
  const { id, title, summary, dim, shape, classes, classNames, size, autoencoder } = dataset;
  const { analytic, imported, params } = dataset;
  return {
    id,
    title,
    summary,
    dim,
    ...(shape && { shape: [...shape] }),
    ...(classes && { classes }),
    ...(classNames && { classNames: [...classNames] }),
    ...(size && { size }),
    ...(autoencoder && { autoencoder }),
    analytic,
    imported,
    params: schemaOf(params),
  };
}

/** The part of a run's config that is neither method nor data parameters. */
export function runSchema(): JsonSchema {
  return schemaOf(runConfig.omit({ method: true, params: true, dataset: true }));
}

function schemaOf(schema: z.ZodObject): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}
