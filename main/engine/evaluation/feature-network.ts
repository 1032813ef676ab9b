/** An imported feature network as a space: images as it was trained to see them, and what it answers. */
import fs from 'node:fs';
import os from 'node:os';
import type { ModelSummary } from '#contract/checkpoints.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { FeatureConfig, PixelRange } from '#contract/networks.ts';
import { weightsPath } from '../../store/model-folder.ts';
import { openOnnxNetwork } from '../../tensor/executors/onnx-network.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { type DisposableSpace, inBatches } from './features.ts';

/** Images of one call where the file leaves it open. */
const BATCH = 32;
/** Mean and spread of ImageNet's red, green and blue, of pixels from 0 to 1. */
const IMAGENET_MEAN = [0.485, 0.456, 0.406];
const IMAGENET_SPREAD = [0.229, 0.224, 0.225];

/**
 * @param shape  [H, W, C] of the images that are to be compared: grey ones are shown to a network of colour
 *   as grey ones of three channels
 * @throws WorkbenchError `config/wrong-value` for another kind of model, or channels that it cannot see;
 *   `engine/compile-failed`
 */
export async function onnxSpace(model: ModelSummary, shape: readonly number[]): Promise<DisposableSpace> {
  const { config } = model;
  const refuse = (expected: string, found: string): never => {
    throw new WorkbenchError('config/wrong-value', `space: expected ${expected}, found ${found}`, {
      field: 'space',
    });
  };
  if (config.network !== 'features') return refuse('a feature network', `${model.id}, ${model.title}`);
  if (!canSee(config, shape)) {
    refuse(`images of ${config.channels} channels, as ${model.id} sees`, `images of ${shape.at(-1)}`);
  }
  const bytes = fs.readFileSync(weightsPath(model.folder));
  const network = await openOnnxNetwork(bytes, config, Math.max(1, os.availableParallelism()));
  const dim = sizeOf(shape);
  const batch = config.batch ?? BATCH;
  const vectorsOf = async (images: Float32Array): Promise<Float32Array> => {
    const { height, width, channels, layout } = config;
    const sizes = layout === 'nchw' ? [channels, height, width] : [height, width, channels];
    const seen = await network.run(networkInput(images, shape, config), [batch, ...sizes]);
    return pooled(seen.values, seen.shape, batch, layout);
  };
  let underWay: Promise<unknown> = Promise.resolve();
  const width = (await vectorsOf(new Float32Array(batch * dim))).length / batch;
  return {
    id: `onnx:${model.id}`,
    title: model.name,
    width,
    key: JSON.stringify(['onnx', model.id, model.createdAt, config]),
    embed(images, signal) {
      const work = inBatches(images, { dim, width, batch }, signal, vectorsOf);
      underWay = Promise.allSettled([underWay, work]);
      return work;
    },
    async dispose() {
      await underWay;
      await network.dispose();
    },
  };
}

/** Whether a network can be shown images of a shape. */
export function canSee({ channels }: FeatureConfig, shape: readonly number[]): boolean {
  return shape.at(-1) === channels || (shape.at(-1) === 1 && channels === 3);
}

/**
 * Images as a network takes them: resized bilinearly with pixel centres at half-integers and edges repeated
 * (`align_corners=False` of PyTorch, no filter against aliasing), in its range and layout.
 *
 * @param images  [n, ...shape] in [-1, 1], in float32
 * @returns [n, C, H, W] or [n, H, W, C]
 */
export function networkInput(
  images: Float32Array,
  shape: readonly number[],
  { height, width, channels, layout, range }: FeatureConfig,
): Float32Array {
  const [rows, columns, own] = shape as [number, number, number];
  const n = images.length / (rows * columns * own);
  const out = new Float32Array(n * height * width * channels);
  const [down, across] = [placesOf(rows, height), placesOf(columns, width)];
  for (let i = 0; i < n; i++) {
    const start = i * rows * columns * own;
    for (let c = 0; c < channels; c++) {
      const from = own === 1 ? 0 : c;
      const [scale, shift] = rangeOf(range, c);
      for (let y = 0; y < height; y++) {
        const { low: y0, high: y1, share: v } = down[y]!;
        for (let x = 0; x < width; x++) {
          const { low: x0, high: x1, share: u } = across[x]!;
          const at = (row: number, column: number): number =>
            images[start + (row * columns + column) * own + from]!;
          const top = at(y0, x0) + u * (at(y0, x1) - at(y0, x0));
          const bottom = at(y1, x0) + u * (at(y1, x1) - at(y1, x0));
          const place =
            layout === 'nchw'
              ? ((i * channels + c) * height + y) * width + x
              : ((i * height + y) * width + x) * channels + c;
          out[place] = scale * (top + v * (bottom - top)) + shift;
        }
      }
    }
  }
  return out;
}

/** Between which two of `from` pixels each of `to` lies. */
function placesOf(from: number, to: number): { low: number; high: number; share: number }[] {
  return Array.from({ length: to }, (_, i) => {
    const at = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const low = Math.floor(at);
    return { low, high: Math.min(low + 1, from - 1), share: at - low };
  });
}

/** What a number in [-1, 1] is multiplied by, and what is added. */
function rangeOf(range: PixelRange, channel: number): [scale: number, shift: number] {
  if (range === 'symmetric') return [1, 0];
  if (range === 'unit') return [0.5, 0.5];
  if (range === 'byte') return [127.5, 127.5];
  const [mean, spread] = [IMAGENET_MEAN[channel]!, IMAGENET_SPREAD[channel]!];
  return [0.5 / spread, (0.5 - mean) / spread];
}

/** Vectors as they are, maps by their mean over positions. @returns [n, F] */
function pooled(
  values: Float32Array,
  shape: readonly number[],
  n: number,
  layout: FeatureConfig['layout'],
): Float32Array {
  if (shape[0] !== n || ![2, 4].includes(shape.length)) {
    throw new WorkbenchError(
      'config/wrong-value',
      `space: expected a network whose output is [${n}, F] or maps, found [${shape.join(', ')}]`,
      { field: 'space' },
    );
  }
  if (shape.length === 2) return values;
  const [channels, places] =
    layout === 'nchw' ? [shape[1]!, shape[2]! * shape[3]!] : [shape[3]!, shape[1]! * shape[2]!];
  const out = new Float32Array(n * channels);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let p = 0; p < places; p++) {
        sum += values[i * channels * places + (layout === 'nchw' ? c * places + p : p * channels + c)]!;
      }
      out[i * channels + c] = sum / places;
    }
  }
  return out;
}
