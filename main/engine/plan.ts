/** A run's config turned into the things it names: method, data and executor, all checked. */
import { type WarningSink, WorkbenchError } from '#contract/errors.ts';
import type { DatasetChoice, RunConfig } from '#contract/runs.ts';
import { type DataSource, type Dataset, datasetById, parseDatasetParams } from '../datasets/index.ts';
import { methodById, parseMethodParams } from '../methods/index.ts';
import type { VelocityField } from '../maths/sampleable.ts';
import type { BoundMethod, Method } from '../methods/method.ts';
import type { RunFolder } from '../store/index.ts';
import { ANALYTIC, analyticTeacher, trainedTeacher } from './teacher.ts';

export interface Plan {
  readonly config: RunConfig;
  readonly method: Method;
  readonly bound: BoundMethod;
  readonly source: DataSource;
  readonly sampleShape: readonly number[];
  /** What a distillation learns from; null for a method that learns from data. */
  readonly teacher: (() => VelocityField) | null;
}

/**
 * @param imported  datasets that a person brought
 * @param teacherRun  the run that `config.teacher` names, or the copy that its student keeps
 * @throws WorkbenchError naming the field that is wrong
 */
export function planOf(
  config: RunConfig,
  imported: readonly Dataset[],
  teacherRun: () => RunFolder,
  warn: WarningSink,
): Plan {
  const method = methodById(config.method);
  if (method.needsTeacher !== (config.teacher !== undefined)) {
    throw new WorkbenchError(
      'config/no-teacher',
      method.needsTeacher
        ? `teacher: expected the run that ${method.title} learns from, or "${ANALYTIC}", found nothing`
        : `teacher: expected none, for ${method.title} learns from data, found "${config.teacher}"`,
      { field: 'teacher' },
    );
  }
  const params = parseMethodParams(method, config.params);
  const source = sourceOf(config.dataset, imported);
  const sampleShape = [source.dim];
  const taught = (): ReturnType<typeof trainedTeacher> => {
    if (config.teacher === ANALYTIC) return analyticTeacher(source);
    const folder = teacherRun();
    return trainedTeacher(
      folder,
      sampleShape,
      classesOf(sourceOf(folder.file.config.dataset, imported)),
      warn,
    );
  };
  const { teacher, classes, network } = method.needsTeacher
    ? taught()
    : { teacher: null, classes: classesOf(source), network: null };
  const context = { sampleShape, totalSteps: config.steps, teacher, classes, teacherNetwork: network };
  const bound = method.bind(params, context);
  requireLabels(bound, source, classes);
  return { config: { ...config, params }, method, bound, source, sampleShape, teacher };
}

/** A student that starts from noised data asks for the class of each point, so the data must have them. */
function requireLabels({ draws }: BoundMethod, source: DataSource, classes: number): void {
  const found = classesOf(source);
  if (found === classes || !Object.values(draws).some(({ kind }) => kind === 'label')) return;
  throw new WorkbenchError(
    'config/wrong-value',
    `dataset: expected data with the ${classes} classes that are asked for, found data with ${found}`,
    { field: 'dataset' },
  );
}

function classesOf({ modes }: DataSource): number {
  return modes?.count ?? 0;
}

/** The points that a dataset choice means. @throws WorkbenchError `dataset/unknown`, `config/...` */
export function sourceOf(choice: DatasetChoice, imported: readonly Dataset[]): DataSource {
  const dataset = datasetById(choice.id, imported);
  return dataset.create(parseDatasetParams(dataset, choice.params));
}
