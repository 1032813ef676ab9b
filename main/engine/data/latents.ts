/** Images to latents, by an imported autoencoder: once, when they are imported. */
import type { ModelSummary } from '#contract/checkpoints.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { AutoencoderConfig } from '#contract/networks.ts';
import { ImageFileWriter, openImageFile } from '../../datasets/index.ts';
import { encodeScaled } from '../../models/vae/autoencoder.ts';
import { weightsPath } from '../../store/model-folder.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { compileProgram } from '../../tensor/program.ts';
import { readWeights, weightShapes } from '../plan/weights.ts';

/** Numbers of the finest level, of all images that one program call encodes: 64 MiB. */
const MOST_NUMBERS = 2 ** 24;
const MOST_ROWS = 32;

type Shape = readonly [height: number, width: number, channels: number];

export class LatentEncoder {
  private readonly model: ModelSummary;
  private readonly config: AutoencoderConfig;
  private readonly executor: Executor;

  /** @throws WorkbenchError `model/no-encoder` if the model is no autoencoder of colour images */
  constructor(model: ModelSummary, executor: Executor) {
    const { config } = model;
    if (config.network !== 'autoencoder-kl' || config.channels !== 3) {
      throw new WorkbenchError(
        'model/no-encoder',
        `autoencoder: expected an imported autoencoder of colour images, found ${model.id}, ${model.title}`,
        { field: 'autoencoder' },
      );
    }
    this.model = model;
    this.config = config;
    this.executor = executor;
  }

  /** @throws WorkbenchError `config/wrong-value` for a size that latents do not divide */
  requireSize(size: number | undefined): void {
    const { factor } = this;
    if (size !== undefined && size % factor === 0) return;
    throw new WorkbenchError(
      'config/wrong-value',
      `size: expected a multiple of ${factor} pixels, as ${this.model.id} encodes, found ${size ?? 'none'}`,
      { field: 'size' },
    );
  }

  /** Of the latent of an image. */
  shapeOf([height, width]: readonly number[]): Shape {
    return [height! / this.factor, width! / this.factor, this.config.latentChannels];
  }

  /**
   * Means of the posteriors times the scaling factor, in the order of the images; with `mirrored`, those of
   * the mirrored images after them.
   *
   * @param from  a file of images in colour
   * @throws WorkbenchError `dataset/damaged`, `model/bad-file`
   */
  async *encodeFile(
    from: string,
    to: string,
    mirrored: boolean,
    signal: { readonly aborted: boolean },
  ): AsyncGenerator<{ done: number; of: number }> {
    const { rows, count, shape, labels, title, classNames } = openImageFile(from);
    const [height, width, channels] = shape;
    const latent = this.shapeOf(shape);
    const [each, latentSize] = [height * width * channels, latent[0] * latent[1] * latent[2]];
    const finest = height * width * this.config.widths[0]!;
    const chunk = Math.max(1, Math.min(count, MOST_ROWS, Math.floor(MOST_NUMBERS / finest)));
    const weights = readWeights(weightsPath(this.model.folder));
    const shapes = weightShapes(weightsPath(this.model.folder));
    const program = await compileProgram(this.executor, {
      inputs: {
        ...Object.fromEntries(Object.entries(shapes).map(([name, of]) => [name, { shape: of }])),
        images: { shape: [chunk, ...shape] },
      },
      run: (_, { images, ...parameters }) => ({
        outputs: { latents: encodeScaled(this.config, parameters, images!) },
      }),
    });
    const views = mirrored ? 2 : 1;
    const facts = { title, classNames, peak: 1, views, autoencoder: this.model.id } as const;
    const mostRows = views * count;
    const writer = new ImageFileWriter(to, { kind: 'latents', shape: latent, mostRows, facts });
    try {
      for (let view = 0; view < views; view++) {
        for (let start = 0; start < count; start += chunk) {
          if (signal.aborted) return;
          const size = Math.min(chunk, count - start);
          const images = new Float32Array(chunk * each);
          for (let i = 0; i < size; i++) {
            fill(images, i * each, rows.row(start + i), view === 1 ? shape : null);
          }
          const found = await program.run({ ...weights, images });
          const latents = (found['latents'] as Float32Array).slice(0, size * latentSize);
          writer.add(new Uint8Array(latents.buffer));
          yield { done: view * count + start + size, of: views * count };
        }
      }
      writer.finish(labels, facts);
    } finally {
      writer.close();
      await program.dispose();
    }
  }

  /** Pixels of an image for one of its latent, on each side. */
  private get factor(): number {
    return 2 ** (this.config.widths.length - 1);
  }
}

/** Levels in [-1, 1]. @param mirrored  the image's shape, to swap left and right; null to keep them */
function fill(out: Float32Array, at: number, levels: Uint8Array, mirrored: readonly number[] | null): void {
  if (mirrored === null) {
    for (let i = 0; i < levels.length; i++) out[at + i] = levels[i]! / 127.5 - 1;
    return;
  }
  const [height, width, channels] = mirrored as [number, number, number];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        const from = (y * width + (width - 1 - x)) * channels + c;
        out[at + (y * width + x) * channels + c] = levels[from]! / 127.5 - 1;
      }
    }
  }
}
