import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { AutoencoderConfig } from '#contract/networks.ts';
import { evaluate } from '../../maths/policy/testdata/evaluate.ts';
import { referenceExecutor } from '../../tensor/executors/tfjs.ts';
import { compileProgram } from '../../tensor/program.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { type Fixture, readFixture, relativeDistance } from '../dit/testdata/tensor-file.ts';
import { autoencoderShapes } from './autoencoder-shapes.ts';
import { decode, decodeScaled, encode } from './autoencoder.ts';

/** Six digits of float32, in sums over places and channels that PyTorch takes in another order. */
const TOLERANCE = 2e-5;

const fixture = (name: string): Fixture<AutoencoderConfig> =>
  readFixture(new URL(`testdata/${name}.safetensors`, import.meta.url));

function applied(config: AutoencoderConfig, given: Record<string, Tensor>): Record<string, Tensor> {
  return { ...encode(config, given, given['image']!), decoded: decode(config, given, given['latent']!) };
}

const SD: AutoencoderConfig = {
  network: 'autoencoder-kl',
  channels: 3,
  latentChannels: 4,
  widths: [128, 256, 512, 512],
  layersPerBlock: 2,
  groups: 32,
  middleAttention: true,
  quantConvolutions: true,
  scalingFactor: 0.18215,
};

describe('the autoencoder', () => {
  it.each(['autoencoder', 'autoencoder-plain'])('answers as PyTorch does: %s', async (name) => {
    const { config, parameters, inputs, outputs } = fixture(name);
    const shapes = Object.fromEntries(Object.entries(parameters).map(([key, [shape]]) => [key, shape]));
    expect(shapes).toEqual(autoencoderShapes(config));
    const found = await evaluate({ ...parameters, ...inputs }, (given) => applied(config, given));
    for (const [key, [, wanted]] of Object.entries(outputs)) {
      expect(relativeDistance(found[key]!, wanted), key).toBeLessThan(TOLERANCE);
    }
  });

  it('keeps the logarithm of the variance within its bounds', async () => {
    const { config, parameters, inputs } = fixture('autoencoder');
    const { logvar } = await evaluate({ ...parameters, ...inputs }, (given) => applied(config, given));
    // The fixture says 25 and -35, give or take, in one channel each, and neither in the third.
    expect(Math.max(...logvar!)).toBe(20);
    expect(Math.min(...logvar!)).toBe(-30);
    expect(logvar!.filter((value) => value > -30 && value < 20).length).toBeGreaterThanOrEqual(
      logvar!.length / 3,
    );
  });

  it('is computed by the compiled executor as by the reference', async () => {
    const { config, parameters, inputs } = fixture('autoencoder');
    const given = { ...parameters, ...inputs };
    const compiled = await evaluate(given, (tensors) => applied(config, tensors));
    const program = await compileProgram(referenceExecutor(), {
      inputs: Object.fromEntries(Object.entries(given).map(([key, [shape]]) => [key, { shape: [...shape] }])),
      run: (_, tensors) => ({ outputs: applied(config, tensors) }),
    });
    const arrays = Object.entries(given).map(([key, [, values]]) => [key, Float32Array.from(values)]);
    const reference = await program.run(Object.fromEntries(arrays) as Record<string, Float32Array>);
    for (const key of Object.keys(reference)) {
      expect(relativeDistance(compiled[key]!, reference[key]!), key).toBeLessThan(TOLERANCE);
    }
    await program.dispose();
  });

  it('decodes a latent as networks know it by way of the scaling factor', async () => {
    const { config, parameters, inputs, outputs } = fixture('autoencoder');
    const [shape, latent] = inputs['latent']!;
    const scaled = Float32Array.from(latent, (value) => value * config.scalingFactor);
    const { decoded } = await evaluate({ ...parameters, latent: [shape, scaled] }, (given) => ({
      decoded: decodeScaled(config, given, given['latent']!),
    }));
    expect(relativeDistance(decoded, outputs['decoded']![1])).toBeLessThan(TOLERANCE);
  });
});

describe('autoencoderShapes', () => {
  it('has the parameters of Stable Diffusion', () => {
    const shapes = autoencoderShapes(SD);
    const count = (part: RegExp) =>
      Object.entries(shapes)
        .filter(([name]) => part.test(name))
        .reduce((sum, [, shape]) => sum + sizeOf(shape), 0);
    // As diffusers counts AutoencoderKL, and its decoder.
    expect(count(/./)).toBe(83_653_863);
    expect(count(/^decoder\./)).toBe(49_490_179);
    const shortcuts = Object.keys(shapes).filter((name) => name.endsWith('conv_shortcut.weight'));
    expect(shortcuts).toEqual([
      'encoder.down_blocks.1.resnets.0.conv_shortcut.weight',
      'encoder.down_blocks.2.resnets.0.conv_shortcut.weight',
      'decoder.up_blocks.2.resnets.0.conv_shortcut.weight',
      'decoder.up_blocks.3.resnets.0.conv_shortcut.weight',
    ]);
  });

  it('refuses groups that do not divide a width', () => {
    expect(() => autoencoderShapes({ ...SD, groups: 3 })).toThrow('widths: expected multiples of groups (3)');
  });
});
