/** A run's config turned into the things it names: method, data and executor, all checked. */
import { WorkbenchError } from '#contract/errors.ts';
import type { DatasetChoice, RunConfig } from '#contract/runs.ts';
import { type DataSource, type Dataset, datasetById, parseDatasetParams } from '../datasets/index.ts';
import { methodById, parseMethodParams } from '../methods/index.ts';
import type { BoundMethod, Method } from '../methods/method.ts';

export interface Plan {
  readonly config: RunConfig;
  readonly method: Method;
  readonly bound: BoundMethod;
  readonly source: DataSource;
  readonly sampleShape: readonly number[];
}

/**
 * @param imported  datasets that a person brought
 * @throws WorkbenchError naming the field that is wrong
 */
export function planOf(config: RunConfig, imported: readonly Dataset[]): Plan {
  const method = methodById(config.method);
  if (method.needsTeacher) {
    throw new WorkbenchError('config/no-teacher', `method: ${method.title} needs a teacher, found none`, {
      field: 'method',
    });
  }
  const params = parseMethodParams(method, config.params);
  const source = sourceOf(config.dataset, imported);
  const sampleShape = [source.dim];
  const bound = method.bind(params, { sampleShape, totalSteps: config.steps });
  return { config: { ...config, params }, method, bound, source, sampleShape };
}

/** The points that a dataset choice means. @throws WorkbenchError `dataset/unknown`, `config/...` */
export function sourceOf(choice: DatasetChoice, imported: readonly Dataset[]): DataSource {
  const dataset = datasetById(choice.id, imported);
  return dataset.create(parseDatasetParams(dataset, choice.params));
}
