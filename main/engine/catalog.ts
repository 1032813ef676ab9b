/** What this engine offers, described for forms and flags. */
import { z } from 'zod';
import type { Catalog, JsonSchema } from '#contract/catalog.ts';
import { runConfig } from '#contract/runs.ts';
import { type Dataset, datasets } from '../datasets/index.ts';
import { methods } from '../methods/index.ts';
import { teacherDistance } from './evaluate.ts';
import { importedMethods } from './imported-plan.ts';
import { metrics } from '../metrics/index.ts';
import { samplers } from '../samplers/index.ts';

export function catalogOf(imported: readonly Dataset[]): Catalog {
  return {
    methods: [...methods, ...importedMethods].map(
      ({ id, title, summary, reference, equation, produces, needsTeacher, params, views }) => ({
        id,
        title,
        summary,
        reference,
        equation,
        produces,
        needsTeacher,
        isTrainable: methods.some((method) => method.id === id),
        params: schemaOf(params),
        views: [...views],
      }),
    ),
    datasets: [...datasets, ...imported].map(
      ({ id, title, summary, dim, analytic, imported: brought, params }) => ({
        id,
        title,
        summary,
        dim,
        analytic,
        imported: brought,
        params: schemaOf(params),
      }),
    ),
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

/** The part of a run's config that is neither method nor data parameters. */
export function runSchema(): JsonSchema {
  return schemaOf(runConfig.omit({ method: true, params: true, dataset: true }));
}

function schemaOf(schema: z.ZodObject): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}
