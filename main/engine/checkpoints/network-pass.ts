/**
 * What a network computes of inputs as the code that made it has them: NCHW, times as it feeds them. From
 * a file of inputs and outputs, or of seeded noise.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import type { AutoencoderConfig, Convention, DitConfig, NetworkConfig } from '#contract/networks.ts';
import type { Checkpoint } from '../../checkpoints/index.ts';
import { type CheckpointTensor, float32Of } from '../../checkpoints/safetensors/dtypes.ts';
import { arrayClassOf } from '../../checkpoints/safetensors/dtypes.ts';
import { applyDitGrid, applyDitImage, applyDitMixture } from '../../models/dit/image-dit.ts';
import { decode, encode } from '../../models/vae/autoencoder.ts';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';

/** Side of the latents of an autoencoder that is fed noise: 32 of Stable Diffusion's make 256 pixels. */
const LATENT_SIDE = 32;
/** The time that is fed where no file says one: the middle, in each convention's own terms. */
const MIDDLE: Readonly<Record<Convention, number>> = { dit: 500, sit: 0.5, repa: 0.5, 'flow-1000': 500 };

export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

type Tensors = Record<string, Tensor>;
type Given = ReadonlyMap<string, NamedArray>;

export interface NetworkPass {
  readonly inputs: Readonly<Record<string, NamedArray>>;
  /** Shapes of what `run` returns. */
  readonly outputs: Readonly<Record<string, readonly number[]>>;
  /** What the file says of the outputs. */
  readonly expected: Readonly<Record<string, NamedArray>>;
  /** Numbers that are fed where there is no file. */
  readonly fed: Readonly<Record<string, number>> | null;
  run(parameters: Tensors, inputs: Tensors): Tensors;
}

/**
 * @param given  the tensors of a file; null for noise
 * @throws WorkbenchError `checkpoint/missing-tensor`, `checkpoint/wrong-shape`, `checkpoint/no-network`
 */
export function networkPass(
  config: NetworkConfig,
  convention: Convention | null,
  given: Given | null,
): NetworkPass {
  if (config.network === 'dit') return ditPass(config, convention ?? 'repa', given);
  if (config.network === 'autoencoder-kl') return autoencoderPass(config, given);
  throw new WorkbenchError(
    'checkpoint/no-network',
    'Expected a network with one forward pass, found a run of Fewstep: sample it instead.',
  );
}

/** Every tensor of a small file as float32. @throws WorkbenchError `checkpoint/unsupported-dtype` */
export function arraysOf(checkpoint: Checkpoint, file: string): Given {
  return new Map(
    checkpoint.tensors.map(({ name, dtype, shape }) => {
      const pieces = [...checkpoint.pieces(name)].map((piece) => piece.slice());
      const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
      let done = 0;
      for (const piece of pieces) {
        bytes.set(piece, done);
        done += piece.length;
      }
      const data = new (arrayClassOf(dtype))(bytes.buffer);
      return [name, { shape, data: floatsOf({ dtype, shape, data }, name, file) }];
    }),
  );
}

function floatsOf(tensor: CheckpointTensor, name: string, file: string): Float32Array {
  const floats = float32Of(tensor);
  if (floats !== null) return floats;
  if (/^[IU](8|16|32|64)$/.test(tensor.dtype)) {
    return Float32Array.from(tensor.data as ArrayLike<number | bigint>, Number);
  }
  throw new WorkbenchError(
    'checkpoint/unsupported-dtype',
    `${file}: expected numbers in ${name}, found ${tensor.dtype}`,
  );
}

function ditPass(config: DitConfig, convention: Convention, given: Given | null): NetworkPass {
  const { size, channels, classes, head } = config;
  const x =
    given === null ? noise([1, channels, size, size]) : tensorOf(given, 'x', [null, channels, size, size]);
  const batch = x.shape[0]!;
  const fed = { t: MIDDLE[convention], ...(classes > 0 ? { y: 0 } : {}) };
  const inputs: Record<string, NamedArray> = {
    x,
    t: given === null ? filled(fed.t) : tensorOf(given, 't', [batch]),
    ...(classes > 0 ? { y: given === null ? filled(0) : tensorOf(given, 'y', [batch]) } : {}),
  };
  const asked = (tensors: Tensors) =>
    [nhwc(tensors['x']!), tensors['t'] as Tensor1D, (tensors['y'] ?? null) as Tensor1D | null] as const;
  const common = { inputs, fed: given === null ? fed : null };
  if (head.kind === 'field') {
    const wanted = given?.get('out');
    // Some of that code drops the variances that its networks learn, and some does not.
    const kept = Math.min(head.channels, wanted?.shape[1] ?? head.channels);
    return {
      ...common,
      outputs: { out: [batch, kept, size, size] },
      expected: expectedOf(given, { out: 'out' }),
      run: (parameters, tensors) => {
        const out = nchw(applyDitImage(config, parameters, ...asked(tensors)));
        return { out: tf.slice(out, [0, 0, 0, 0], [-1, kept, -1, -1]) };
      },
    };
  }
  if (head.kind === 'gm') {
    const { components } = head;
    return {
      ...common,
      outputs: {
        means: [batch, components, channels, size, size],
        logweights: [batch, components, 1, size, size],
        logstd: [batch, 1, 1, 1, 1],
      },
      expected: expectedOf(given, { means: 'means', logweights: 'logweights', logstd: 'logstd' }),
      run: (parameters, tensors) => {
        const { means, logWeights, logStd } = applyDitMixture(config, parameters, ...asked(tensors));
        return { means: tf.clone(means), logweights: tf.clone(logWeights), logstd: tf.clone(logStd) };
      },
    };
  }
  return {
    ...common,
    outputs: { out: [batch, head.points, channels, size, size] },
    expected: expectedOf(given, { out: 'out' }),
    run: (parameters, tensors) => ({ out: applyDitGrid(config, parameters, ...asked(tensors)) }),
  };
}

function autoencoderPass(config: AutoencoderConfig, given: Given | null): NetworkPass {
  const { channels, latentChannels, widths } = config;
  const scale = 2 ** (widths.length - 1);
  const latent =
    given === null
      ? noise([1, latentChannels, LATENT_SIDE, LATENT_SIDE])
      : given.has('latent')
        ? tensorOf(given, 'latent', [null, latentChannels, null, null])
        : null;
  const image = given?.has('image') === true ? tensorOf(given, 'image', [null, channels, null, null]) : null;
  if (latent === null && image === null) throw missing('image or latent');
  const outputs: Record<string, readonly number[]> = {};
  if (image !== null) {
    const [batch, , height, width] = image.shape as [number, number, number, number];
    const shape = [batch, latentChannels, height / scale, width / scale];
    if (!shape.every(Number.isInteger)) {
      throw wrongShape('image', `sides that are multiples of ${scale}`, image.shape);
    }
    outputs['mean'] = shape;
    outputs['logvar'] = shape;
  }
  if (latent !== null) {
    const [batch, , height, width] = latent.shape as [number, number, number, number];
    outputs['decoded'] = [batch, channels, height * scale, width * scale];
  }
  return {
    inputs: { ...(image === null ? {} : { image }), ...(latent === null ? {} : { latent }) },
    outputs,
    expected: expectedOf(given, { mean: 'mean', logvar: 'logvar', decoded: 'decoded' }),
    fed: given === null ? {} : null,
    run: (parameters, tensors) => {
      const found: Tensors = {};
      if (image !== null) {
        const { mean, logvar } = encode(config, parameters, nhwc(tensors['image']!));
        found['mean'] = nchw(mean);
        found['logvar'] = nchw(logvar);
      }
      if (latent !== null) found['decoded'] = nchw(decode(config, parameters, nhwc(tensors['latent']!)));
      return found;
    },
  };
}

/** The expected outputs that a file has, by our names; it must have one at least. */
function expectedOf(
  given: Given | null,
  names: Readonly<Record<string, string>>,
): Record<string, NamedArray> {
  if (given === null) return {};
  const found = Object.entries(names).flatMap(([own, name]) => {
    const array = given.get(name);
    return array === undefined ? [] : [[own, array] as const];
  });
  if (found.length === 0) throw missing(Object.values(names).join(' or '));
  return Object.fromEntries(found);
}

/** @param shape  null where any number will do */
function tensorOf(given: Given, name: string, shape: readonly (number | null)[]): NamedArray {
  const found = given.get(name);
  if (found === undefined) throw missing(name);
  const fits =
    found.shape.length === shape.length && shape.every((n, i) => n === null || n === found.shape[i]);
  if (!fits) throw wrongShape(name, `[${shape.map((n) => n ?? 'any').join(', ')}]`, found.shape);
  return found;
}

function missing(name: string): WorkbenchError {
  return new WorkbenchError(
    'checkpoint/missing-tensor',
    `Expected a tensor ${name} of inputs and outputs, found none.`,
  );
}

function wrongShape(name: string, expected: string, found: readonly number[]): WorkbenchError {
  return new WorkbenchError(
    'checkpoint/wrong-shape',
    `${name}: expected ${expected}, found [${found.join(', ')}]`,
  );
}

function noise(shape: readonly number[]): NamedArray {
  return { shape, data: new Rng(0, 'forward/noise').fillNormal(new Float32Array(sizeOf(shape))) };
}

function filled(value: number): NamedArray {
  return { shape: [1], data: Float32Array.of(value) };
}

function nhwc(x: Tensor): Tensor {
  return tf.transpose(x, [0, 2, 3, 1]);
}

function nchw(x: Tensor): Tensor {
  return tf.transpose(x, [0, 3, 1, 2]);
}
