/** Latents to images, by an imported autoencoder. */
import * as tf from '@tensorflow/tfjs-core';
import type { ModelSummary } from '#contract/checkpoints.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { AutoencoderConfig } from '#contract/networks.ts';
import { decodeScaled } from '../../models/vae/autoencoder.ts';
import { weightsPath } from '../../store/model-folder.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { readWeights, weightShapes } from '../plan/weights.ts';
import { ProgramShelf } from './program-shelf.ts';

/** Numbers of the finest level, of all latents that one program call decodes: 64 MiB. */
const MOST_NUMBERS = 2 ** 24;
const MOST_ROWS = 64;

export interface Images {
  /** [n, H, W, 3] in [-1, 1] */
  readonly images: Float32Array;
  /** [H, W, 3] */
  readonly shape: readonly number[];
}

export class Decoder {
  private readonly id: string;
  private readonly config: AutoencoderConfig;
  private readonly shapes: Readonly<Record<string, readonly number[]>>;
  private readonly weights: Record<string, Float32Array>;
  private readonly shelf: ProgramShelf;

  /** @throws WorkbenchError `model/no-decoder` if the model is no autoencoder of images */
  constructor(model: ModelSummary, executor: Executor) {
    const { config } = model;
    if (config.network !== 'autoencoder-kl' || config.channels !== 3) {
      throw new WorkbenchError(
        'model/no-decoder',
        `decoder: expected an imported autoencoder of colour images, found ${model.id}, ${model.title}`,
        { field: 'decoder' },
      );
    }
    this.id = model.id;
    this.config = config;
    this.shapes = weightShapes(weightsPath(model.folder));
    this.weights = readWeights(weightsPath(model.folder));
    this.shelf = new ProgramShelf(executor);
  }

  /**
   * @param latents  [n, ...shape], scaled as networks are trained on them
   * @throws WorkbenchError `model/no-decoder` for latents of other channels, `sampler/cancelled`
   */
  decode(
    latents: Float32Array,
    shape: readonly number[],
    signal?: { readonly aborted: boolean },
  ): Promise<Images> {
    return this.shelf.during(() => this.decoded(latents, shape, signal));
  }

  dispose(): Promise<void> {
    return this.shelf.dispose();
  }

  private async decoded(
    latents: Float32Array,
    shape: readonly number[],
    signal?: { readonly aborted: boolean },
  ): Promise<Images> {
    const { latentChannels, widths } = this.config;
    const [height, width, channels] = shape;
    if (shape.length !== 3 || channels !== latentChannels) {
      throw new WorkbenchError(
        'model/no-decoder',
        `decoder: expected latents of ${latentChannels} channels, as ${this.id} decodes, found samples [${shape.join(', ')}]`,
        { field: 'decoder' },
      );
    }
    const scale = 2 ** (widths.length - 1);
    const imageShape = [height! * scale, width! * scale, 3];
    const [each, imageSize] = [sizeOf(shape), sizeOf(imageShape)];
    const count = latents.length / each;
    const finest = imageShape[0]! * imageShape[1]! * widths[0]!;
    const chunk = Math.max(1, Math.min(count, MOST_ROWS, Math.floor(MOST_NUMBERS / finest)));
    const program = await this.shelf.get(`${chunk} ${shape.join()}`, {
      inputs: {
        ...Object.fromEntries(Object.entries(this.shapes).map(([name, of]) => [name, { shape: of }])),
        latents: { shape: [chunk, ...shape] },
      },
      run: (_, { latents: z, ...parameters }) => ({
        outputs: { images: tf.clipByValue(decodeScaled(this.config, parameters, z!), -1, 1) },
      }),
    });
    const images = new Float32Array(count * imageSize);
    for (let start = 0; start < count; start += chunk) {
      if (signal?.aborted === true) {
        throw new WorkbenchError('sampler/cancelled', `cancelled after ${start} of ${count} images`);
      }
      const size = Math.min(chunk, count - start);
      const block = new Float32Array(chunk * each);
      block.set(latents.subarray(start * each, (start + size) * each));
      const found = await program.run({ ...this.weights, latents: block });
      images.set((found['images'] as Float32Array).subarray(0, size * imageSize), start * imageSize);
    }
    return { images, shape: imageShape };
  }
}
