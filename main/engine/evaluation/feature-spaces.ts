/** The feature spaces that there are here, and those in use. */
import { WorkbenchError } from '#contract/errors.ts';
import type { FeatureSpaceEntry } from '#contract/evaluation.ts';
import type { ModelSummary } from '#contract/checkpoints.ts';
import type { RunSummary } from '#contract/runs.ts';
import type { LoadedEncoder } from '../plan/encoder.ts';
import { methodById } from '../../methods/index.ts';
import { executorById } from '../../tensor/device.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { canSee, onnxSpace } from './feature-network.ts';
import { type DisposableSpace, type FeatureSpace, PIXELS, encoderSpace, pixelSpace } from './features.ts';

export interface SpaceSources {
  readonly runs: () => readonly RunSummary[];
  /** @throws WorkbenchError `config/no-encoder`, `run/...` */
  readonly encoder: (run: string) => LoadedEncoder;
  readonly models: () => readonly ModelSummary[];
}

/** Networks that stay open for the next question. */
const MOST_OPEN = 2;

export class FeatureSpaces {
  private readonly sources: SpaceSources;
  /** By key: weights that change make another. */
  private readonly open = new Map<string, Promise<DisposableSpace>>();

  constructor(sources: SpaceSources) {
    this.sources = sources;
  }

  /** Where images of a shape can be compared. @param shape  [H, W, C] */
  list(shape: readonly number[]): FeatureSpaceEntry[] {
    const encoders = this.sources
      .runs()
      .filter(({ config, sampleShape }) => isEncoder(config.method) && String(sampleShape) === String(shape));
    return [
      { id: PIXELS, title: 'Pixels' },
      ...encoders.map(({ id, name }) => ({ id: `encoder:${id}`, title: name })),
      ...this.sources
        .models()
        .filter(({ config }) => config.network === 'features' && canSee(config, shape))
        .map(({ id, name }) => ({ id: `onnx:${id}`, title: name })),
    ];
  }

  /**
   * @param id  `pixels`, `encoder:<run>` or `onnx:<model>`
   * @param shape  [H, W, C] of the images that are to be compared
   * @throws WorkbenchError `config/wrong-value` for an unknown one or one of other images, `config/no-encoder`,
   *   `run/...`
   */
  async get(id: string, shape: readonly number[]): Promise<FeatureSpace> {
    if (id === PIXELS) return pixelSpace(sizeOf(shape));
    const [kind, name] = parts(id);
    if (kind === 'encoder') {
      const encoder = this.sources.encoder(name);
      const title = this.sources.runs().find((run) => run.id === name)?.name ?? name;
      return this.kept(`encoder ${encoder.id} ${encoder.sha256} ${String(shape)}`, async () =>
        encoderSpace(encoder, title, shape, await executorById('auto')),
      );
    }
    const model = kind === 'onnx' ? this.sources.models().find((each) => each.id === name) : undefined;
    if (model !== undefined) {
      return this.kept(`onnx ${model.id} ${model.createdAt} ${String(shape)}`, () => onnxSpace(model, shape));
    }
    const known = this.list(shape).map((each) => each.id);
    throw new WorkbenchError(
      'config/wrong-value',
      `space: expected one of ${known.join(', ')}, found ${JSON.stringify(id)}`,
      { field: 'space', known },
    );
  }

  async dispose(): Promise<void> {
    const open = await Promise.allSettled(this.open.values());
    this.open.clear();
    for (const one of open) if (one.status === 'fulfilled') await one.value.dispose();
  }

  private kept(key: string, make: () => Promise<DisposableSpace>): Promise<DisposableSpace> {
    const known = this.open.get(key);
    if (known !== undefined) return known;
    const [oldest] = this.open;
    if (this.open.size >= MOST_OPEN && oldest !== undefined) {
      this.open.delete(oldest[0]);
      void oldest[1].then((space) => space.dispose()).catch(() => {});
    }
    const made = make();
    this.open.set(key, made);
    made.catch(() => this.open.delete(key));
    return made;
  }
}

function isEncoder(method: string): boolean {
  try {
    return methodById(method).produces === 'features';
  } catch {
    // A run of a method that this version does not have.
    return false;
  }
}

function parts(id: string): [kind: string, name: string] {
  const at = id.indexOf(':');
  return at < 0 ? [id, ''] : [id.slice(0, at), id.slice(at + 1)];
}
