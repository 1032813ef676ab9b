/** ONNX files that see features in images, such as the Inception of FID: told by their inputs and outputs. */
import type { Recognition, RecognitionOptions } from '#contract/checkpoints.ts';
import type { FeatureConfig } from '#contract/networks.ts';
import { Assumptions } from './layout.ts';
import type { About } from './weights.ts';

interface Port {
  readonly name: string;
  readonly dtype: string;
  /** Null for a size that is left open; all null for any rank. */
  readonly shape: readonly (number | null)[] | null;
}

/** @returns null for a file of another format */
export function readFeatureNetwork(about: About, options: RecognitionOptions): Recognition | null {
  if (about.format !== 'onnx') return null;
  const assumptions = new Assumptions();
  const [inputs, outputs] = [portsOf(about, 'input.'), portsOf(about, 'output.')];
  const problems: string[] = [];
  const [input] = inputs;
  if (inputs.length !== 1) problems.push(`it has ${inputs.length} inputs, and images are one`);
  if (input !== undefined && (input.dtype !== 'F32' || input.shape?.length !== 4)) {
    problems.push(`its input ${input.name} is ${textOf(input)}, not F32 of four dimensions`);
  }
  const shape = input?.shape?.length === 4 ? input.shape : [null, null, null, null];
  const layout = assumptions.settle('pixelLayout', options.pixelLayout, () =>
    isChannels(shape[3]) && !isChannels(shape[1])
      ? { value: 'nhwc' as const, why: 'the last size of its input is one of channels' }
      : { value: 'nchw' as const, why: 'the second size of its input is one of channels, or left open' },
  );
  const sizes = layout === 'nchw' ? [shape[1], shape[2], shape[3]] : [shape[3], shape[1], shape[2]];
  const [channels, height, width] = sizes.map((size) => size ?? null) as [
    number | null,
    number | null,
    number | null,
  ];
  if (channels !== null && !isChannels(channels))
    problems.push(`its images have ${channels} channels, not 1 or 3`);
  if ((height === null || width === null) && options.size === undefined) {
    problems.push('the size of its images is left open: say it (size)');
  }
  if (options.size !== undefined) assumptions.settle('size', options.size, () => ({ value: 0, why: '' }));
  const range = assumptions.settle('pixelRange', options.pixelRange, () => ({
    value: 'symmetric' as const,
    why: 'as images are here; the file does not say',
  }));
  const fitting = outputs.filter((port) => port.dtype === 'F32' && [2, 4].includes(port.shape?.length ?? 2));
  const output = assumptions.settle('output', options.output, () => ({
    value: fitting[0]?.name ?? '',
    why:
      outputs.length === 1 ? 'it has no other' : `the first of ${outputs.map(({ name }) => name).join(', ')}`,
  }));
  if (!fitting.some(({ name }) => name === output)) {
    problems.push(`it has no output ${JSON.stringify(output)} of F32 vectors or maps`);
  }
  const config: FeatureConfig = {
    network: 'features',
    input: input?.name ?? '',
    layout,
    channels: channels === 1 ? 1 : 3,
    height: height ?? options.size ?? 1,
    width: width ?? options.size ?? 1,
    batch: shape[0] ?? null,
    range,
    output,
  };
  return {
    kind: 'feature-network',
    title: `ONNX feature network of ${config.height} x ${config.width} x ${config.channels} images`,
    group: '',
    config,
    convention: null,
    alternatives: [],
    assumed: [...assumptions.made],
    keys: about.tensors.map(({ name, shape: found }) => ({
      key: name,
      verdict: 'matched' as const,
      own: name,
      found: [...found],
    })),
    use: problems.length === 0 ? 'features' : null,
    ...(problems.length > 0 && { why: problems.join('; ') }),
  };
}

function portsOf({ facts }: About, prefix: string): Port[] {
  return [...facts].flatMap(([key, text]): Port[] => {
    if (!key.startsWith(prefix)) return [];
    const [, dtype = 'other', sizes = ''] = /^(\w+)\[(.*)\]$/.exec(text) ?? [];
    const shape =
      sizes === '...' ? null : sizes.split(', ').map((each) => (/^\d+$/.test(each) ? Number(each) : null));
    return [{ name: key.slice(prefix.length), dtype, shape }];
  });
}

function isChannels(size: number | null | undefined): boolean {
  return size === 1 || size === 3;
}

function textOf({ dtype, shape }: Port): string {
  return `${dtype}[${shape === null ? '...' : shape.map((each) => each ?? '?').join(', ')}]`;
}
