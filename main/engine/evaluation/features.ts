/** Spaces in which images are compared: their own numbers, or what a network sees in them. */
import { WorkbenchError } from '#contract/errors.ts';
import type { CancelSignal } from '#contract/workbench.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import type { Program } from '../../tensor/program.ts';
import { shapesEqual, sizeOf } from '../../tensor/shape.ts';
import type { LoadedEncoder } from '../plan/encoder.ts';
import { ProgramShelf } from '../sampling/program-shelf.ts';

/** The space that every run has: the numbers of an image as they are, in [-1, 1]. */
export const PIXELS = 'pixels';

/** Numbers of the images that an encoder is given at once. */
const BATCH_NUMBERS = 2 ** 16;

export interface FeatureSpace {
  /** `pixels`, `encoder:<run>` or `onnx:<model>`. */
  readonly id: string;
  readonly title: string;
  /** Numbers of one vector. */
  readonly width: number;
  /** Two spaces of one key see the same in the same image; an id stays when weights change. */
  readonly key: string;
  /**
   * @param images  [n, ...shape] in [-1, 1]
   * @returns [n, width]
   */
  embed(images: Float32Array, signal?: CancelSignal): Promise<Float32Array>;
}

export interface DisposableSpace extends FeatureSpace {
  /** Waits for what is being embedded; whoever embeds after it opens the network again. */
  dispose(): Promise<void>;
}

/** Images as they are. @param dim  numbers of one */
export function pixelSpace(dim: number): FeatureSpace {
  return {
    id: PIXELS,
    title: 'Pixels',
    width: dim,
    key: `${PIXELS} ${dim}`,
    embed: (images) => Promise.resolve(images),
  };
}

/**
 * The pooled vector of a trained encoder.
 *
 * @param shape  [H, W, C] of the images that are to be compared
 * @throws WorkbenchError `config/wrong-value` for an encoder of other images
 */
export async function encoderSpace(
  encoder: LoadedEncoder,
  title: string,
  shape: readonly number[],
  executor: Executor,
): Promise<DisposableSpace> {
  if (!shapesEqual(encoder.shape, shape)) {
    const [expected, found] = [shape, encoder.shape].map((sizes) => `[${sizes.join(', ')}]`);
    throw new WorkbenchError(
      'config/wrong-value',
      `space: expected an encoder of images ${expected}, found ${encoder.id}, of ${found}`,
      { field: 'space' },
    );
  }
  const dim = sizeOf(shape);
  const batch = Math.max(1, Math.floor(BATCH_NUMBERS / dim));
  let width = 0;
  const shelf = new ProgramShelf(executor);
  const program = (): Promise<Program> =>
    shelf.get('vector', {
      inputs: { x: { shape: [batch, ...shape] } },
      run: (_, { x }) => {
        const features = encoder.features();
        ({ width } = features);
        return { outputs: { vector: features.vector(x!) } };
      },
    });
  await program();
  return {
    id: `encoder:${encoder.id}`,
    title,
    width,
    key: `encoder ${encoder.id} ${encoder.sha256}`,
    embed: (images, signal) =>
      shelf.during(() =>
        inBatches(images, { dim, width, batch }, signal, async (x) => {
          const { vector } = await (await program()).run({ x });
          return vector as Float32Array;
        }),
      ),
    dispose: () => shelf.dispose(),
  };
}

interface Sizes {
  /** Numbers of an image, and of its vector. */
  readonly dim: number;
  readonly width: number;
  /** Images of one call. */
  readonly batch: number;
}

/**
 * Vectors of any number of images by calls of one size, the last one filled up.
 * @throws WorkbenchError `sampler/cancelled`
 */
export async function inBatches(
  images: Float32Array,
  { dim, width, batch }: Sizes,
  signal: CancelSignal | undefined,
  embed: (batch: Float32Array) => Promise<Float32Array>,
): Promise<Float32Array> {
  const count = images.length / dim;
  const out = new Float32Array(count * width);
  for (let at = 0; at < count; at += batch) {
    if (signal?.aborted === true) {
      throw new WorkbenchError(
        'sampler/cancelled',
        `cancelled after the features of ${at} of ${count} images`,
      );
    }
    const part = images.subarray(at * dim, (at + batch) * dim);
    const whole = new Float32Array(batch * dim);
    whole.set(part);
    out.set((await embed(whole)).subarray(0, (part.length / dim) * width), at * width);
  }
  return out;
}
