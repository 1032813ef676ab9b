/** A run's config turned into the things it names: method, data and executor, all checked. */
import { type WarningSink, WorkbenchError } from '#contract/errors.ts';
import type { ModelSummary } from '#contract/checkpoints.ts';
import { type DatasetChoice, NO_DATASET, type RunConfig } from '#contract/runs.ts';
import { type DataSource, type Dataset, datasetById, parseDatasetParams } from '../../datasets/index.ts';
import { methodById, parseMethodParams } from '../../methods/index.ts';
import type { VelocityField } from '../../maths/sampleable.ts';
import type { BoundMethod, Method } from '../../methods/method.ts';
import type { RunFolder } from '../../store/index.ts';
import { shapesEqual } from '../../tensor/shape.ts';
import { type LoadedEncoder, encoderOf } from './encoder.ts';
import { ANALYTIC, type Taught, analyticTeacher, importedTeacher, trainedTeacher } from './teacher.ts';

export interface Plan {
  readonly config: RunConfig;
  readonly method: Method;
  readonly bound: BoundMethod;
  /** Null where there is no data: for imported models, and students that need none. See {@link dataOf}. */
  readonly source: DataSource | null;
  readonly sampleShape: readonly number[];
  /** What a distillation learns from; null for a method that learns from data. */
  readonly teacher: (() => VelocityField) | null;
  /** In whose features it learns; null or left out where it learns in samples themselves. */
  readonly encoder?: LoadedEncoder | null;
  /** Samples that one program call may hold; as many as fill the cores, if left out. */
  readonly rowsPerCall?: number;
  /** The same where the program calls the teacher. */
  readonly teacherRows?: number;
}

/** Images whose maps an encoder holds at a time. */
const ENCODER_ROWS = 128;

/** What a distillation learns from: a run, or an imported model. */
export type TeacherSource =
  | { readonly kind: 'run'; readonly folder: RunFolder }
  | { readonly kind: 'model'; readonly model: ModelSummary };

/** Where a run finds what it learns from: what its config names, or the copies that it keeps. */
export interface LearntFrom {
  /** What `config.teacher` names; asked where it names one. */
  teacher(): TeacherSource;
  /** What `config.encoder` names; the same. */
  encoder(): RunFolder;
}

/** The data of a plan. @throws WorkbenchError `model/no-data` for one without */
export function dataOf({ source, config }: Plan): DataSource {
  if (source !== null) return source;
  throw new WorkbenchError(
    'model/no-data',
    `run: expected one with data to compare with, found ${config.name ?? config.method}, which has none`,
    { field: 'run' },
  );
}

/**
 * @param imported  datasets that a person brought
 * @throws WorkbenchError naming the field that is wrong
 */
export function planOf(
  config: RunConfig,
  imported: readonly Dataset[],
  learntFrom: LearntFrom,
  warn: WarningSink,
): Plan {
  const method = methodById(config.method);
  requirePrecision(config);
  if (method.needsTeacher !== (config.teacher !== undefined)) {
    throw new WorkbenchError(
      'config/no-teacher',
      method.needsTeacher
        ? `teacher: expected the run that ${method.title} learns from, or "${ANALYTIC}", found nothing`
        : `teacher: expected none, for ${method.title} learns from data, found "${config.teacher}"`,
      { field: 'teacher' },
    );
  }
  const source = config.dataset.id === NO_DATASET ? null : sourceOf(config.dataset, imported);
  const taught = method.needsTeacher ? taughtBy(config, source, imported, learntFrom, warn) : null;
  if (source === null && taught?.sampleShape === undefined) throw needsData(method, config);
  const sampleShape = taught?.sampleShape ?? shapeOf(source!);
  if (source !== null) requireShape(source, sampleShape, `, or "${NO_DATASET}"`);
  const encoder =
    config.encoder === undefined ? null : encoderFor(config, method, sampleShape, learntFrom, warn);
  const { teacher = null, classes = classesOf(source), network = null } = taught ?? {};
  const params = parseMethodParams(method, config.params, { sampleShape, classes });
  const context = {
    sampleShape,
    totalSteps: config.steps,
    teacher,
    classes,
    encoder: encoder === null ? null : () => encoder.features(),
    teacherNetwork: network,
  };
  const bound = method.bind(params, context);
  if (source === null) requireNoDraws(method, bound);
  requireLabels(bound, source, classes);
  return {
    config: { ...config, params },
    method,
    bound,
    source,
    sampleShape,
    teacher,
    encoder,
    ...(method.produces === 'features' ? { rowsPerCall: ENCODER_ROWS } : {}),
    ...(taught?.rows === undefined ? {} : { teacherRows: taught.rows }),
  };
}

/** float16 is for one executor alone. */
function requirePrecision({ executor, precision }: RunConfig): void {
  if (precision !== 'float16' || executor === 'auto' || executor === 'ort-webgpu') return;
  throw new WorkbenchError(
    'config/wrong-value',
    `precision: expected float32 for ${executor}, for only ort-webgpu computes in float16, found float16`,
    { field: 'precision' },
  );
}

/** The data as the teacher's samples are. */
function requireShape(source: DataSource, sampleShape: readonly number[], orElse: string): void {
  const found = shapeOf(source);
  if (shapesEqual(found, sampleShape)) return;
  throw new WorkbenchError(
    'config/wrong-value',
    `dataset: expected ${shapeText(sampleShape)}, as the teacher makes${orElse}, found ${shapeText(found)}`,
    { field: 'dataset' },
  );
}

/** @throws WorkbenchError `config/no-encoder` for a method that uses none, a run that is none or of other images */
function encoderFor(
  config: RunConfig,
  { title, usesEncoder = false }: Method,
  sampleShape: readonly number[],
  learntFrom: LearntFrom,
  warn: WarningSink,
): LoadedEncoder {
  const refuse = (expected: string): never => {
    throw new WorkbenchError('config/no-encoder', `encoder: expected ${expected}`, { field: 'encoder' });
  };
  if (!usesEncoder) refuse(`none, for ${title} learns without features, found "${config.encoder}"`);
  const encoder = encoderOf(learntFrom.encoder(), warn);
  if (!shapesEqual(encoder.shape, sampleShape)) {
    const found = shapeText(encoder.shape);
    refuse(`one of ${shapeText(sampleShape)}, as this run learns, found ${encoder.id}, of ${found}`);
  }
  return encoder;
}

function taughtBy(
  config: RunConfig,
  source: DataSource | null,
  imported: readonly Dataset[],
  learntFrom: LearntFrom,
  warn: WarningSink,
): Taught {
  if (config.teacher === ANALYTIC) return analyticTeacher(source);
  const named = learntFrom.teacher();
  if (named.kind === 'model') return importedTeacher(named.model);
  if (source === null) throw needsData(methodById(config.method), config);
  const theirs = teacherData(named.folder, imported);
  if (theirs !== null) requireShape(source, shapeOf(theirs), '');
  return trainedTeacher(named.folder, shapeOf(source), classesOf(theirs), warn);
}

/** The data of a run that teaches; none for a student, which is refused as a teacher anyway. */
function teacherData({ file }: RunFolder, imported: readonly Dataset[]): DataSource | null {
  const { dataset } = file.config;
  return dataset.id === NO_DATASET ? null : sourceOf(dataset, imported);
}

function needsData({ title }: Method, { teacher }: RunConfig): WorkbenchError {
  return new WorkbenchError(
    'config/wrong-value',
    `dataset: expected a data set, for only a distillation of an imported model needs none, found "${NO_DATASET}" for ${title}${
      teacher === undefined ? '' : ` of ${teacher}`
    }`,
    { field: 'dataset' },
  );
}

/** Without data nothing may be drawn from it. */
function requireNoDraws({ title }: Method, { draws }: BoundMethod): void {
  const found = Object.entries(draws).find(([, { kind }]) => ['data', 'label', 'made'].includes(kind));
  if (found === undefined) return;
  throw new WorkbenchError(
    'config/wrong-value',
    `dataset: expected a data set, for ${title} as it is set up learns from data (${found[0]}), found "${NO_DATASET}"`,
    { field: 'dataset' },
  );
}

/** A student that starts from noised data asks for the class of each point, so the data must have them. */
function requireLabels({ draws }: BoundMethod, source: DataSource | null, classes: number): void {
  const found = classesOf(source);
  if (found === classes || !Object.values(draws).some(({ kind }) => kind === 'label')) return;
  throw new WorkbenchError(
    'config/wrong-value',
    `dataset: expected data with the ${classes} classes that are asked for, found data with ${found}`,
    { field: 'dataset' },
  );
}

function classesOf(source: DataSource | null): number {
  return source?.classes ?? source?.modes?.count ?? 0;
}

/** [H, W, C] of images, [dim] of points. */
function shapeOf({ shape, dim }: DataSource): readonly number[] {
  return shape ?? [dim];
}

function shapeText(shape: readonly number[]): string {
  return shape.length === 3 ? `images [${shape.join(', ')}]` : `points of ${shape.join()} numbers`;
}

/** The points that a dataset choice means. @throws WorkbenchError `dataset/unknown`, `config/...` */
export function sourceOf(choice: DatasetChoice, imported: readonly Dataset[]): DataSource {
  const dataset = datasetById(choice.id, imported);
  return dataset.create(parseDatasetParams(dataset, choice.params));
}
