import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recognition as recognitionSchema } from '#contract/checkpoints.ts';
import type { RecognitionOptions } from '#contract/checkpoints.ts';
import type { AutoencoderConfig, DitConfig } from '#contract/networks.ts';
import { groupsOf } from './groups.ts';
import { networkParameters } from './network-parameters.ts';
import { ownMetadata } from './own-files.ts';
import { recognise } from './recognise.ts';
import { sizeOfShape } from './shapes.ts';
import {
  SD_VAE,
  TINY,
  XL_2,
  autoencoderKeys,
  diffusersKeys,
  ditKeys,
  fileOf,
  oldRepaKeys,
  piflowGmKeys,
  piflowKeys,
  repaKeys,
  wrapped,
} from './testing/foreign-files.ts';
import type { DitSizes, Shapes } from './testing/foreign-files.ts';
import type { About } from './weights.ts';

/** What is recognised, held to the contract and to our own list of parameters. */
function found(about: About, options: RecognitionOptions = {}) {
  const { recognition, nearest, mapping } = recognise(about, options);
  if (recognition === null) throw new Error(`not recognised; nearest: ${JSON.stringify(nearest)}`);
  recognitionSchema.parse(recognition);
  expect(mapping === null).toBe(recognition.use === null);
  if (mapping !== null) {
    const own = mapping.parameters.map(({ name, shape }) => ({ name, shape }));
    expect(own).toEqual(networkParameters(recognition.config as DitConfig | AutoencoderConfig));
    for (const { sources, shape, computed, rearrange } of mapping.parameters) {
      if (computed !== undefined) continue;
      const kept = rearrange.view.map((size, i) => (rearrange.keep?.axis === i ? rearrange.keep.size : size));
      expect(sizeOfShape(kept)).toBe(sizeOfShape(shape));
      expect(sources.reduce((sum, source) => sum + sizeOfShape(source.shape), 0)).toBe(
        sizeOfShape(rearrange.view),
      );
    }
  }
  const listed = recognition.keys.filter(({ verdict }) => verdict !== 'missing').map(({ key }) => key);
  expect(listed.sort()).toEqual(about.tensors.map(({ name }) => name).sort());
  return recognition;
}

function ditOf(about: About, options: RecognitionOptions = {}): DitConfig {
  const { config } = found(about, options);
  if (config.network !== 'dit') throw new Error(`not a DiT: ${config.network}`);
  return config;
}

const assumed = (about: About, option: string, options: RecognitionOptions = {}) =>
  found(about, options).assumed.find((one) => one.option === option);

const parameterCount = (shapes: Shapes): number =>
  Object.values(shapes).reduce((sum, shape) => sum + sizeOfShape(shape), 0);

describe('DiT, SiT and REPA', () => {
  it('counts the parameters of the published networks', () => {
    const count = (sizes: DitSizes): number =>
      networkParameters(ditOf(fileOf(ditKeys(sizes)))).reduce(
        (sum, { shape }) => sum + sizeOfShape(shape),
        0,
      );
    const base = { ...XL_2, width: 768, depth: 12, mlpWidth: 3072 };
    expect([count(XL_2), count({ ...XL_2, out: 4 }), count(base)]).toEqual([
      675_129_632, 675_111_184, 130_512_416,
    ]);
  });

  it('names a published network and how it is asked', () => {
    const sit = found(fileOf(ditKeys(XL_2), { fileName: 'SiT-XL-2-256x256.pt' }));
    expect(sit).toMatchObject({
      kind: 'sit',
      title: 'SiT-XL/2, 675 M parameters, 32 x 32 x 4 latents, 1000 classes',
      group: '',
      convention: 'sit',
      alternatives: ['dit', 'repa'],
      use: 'teacher',
    });
    expect(sit.config).toEqual({
      network: 'dit',
      size: 32,
      patch: 2,
      channels: 4,
      width: 1152,
      depth: 28,
      heads: 16,
      mlpWidth: 4608,
      classes: 1000,
      timeChannels: 256,
      timeDivisor: 'half',
      mlpNormEps: 1e-6,
      qkNorm: false,
      head: { kind: 'field', channels: 8 },
    });
  });

  it.each([
    ['DiT-XL-2-512x512.pt', {}, 'dit'],
    ['sit-a.safetensors', {}, 'sit'],
    ['last.pt', { 'args.model': 'SiT-B/2' }, 'sit'],
    ['last.pt', { 'args.model': 'SiT-B/2', 'args.proj_coeff': '0.5' }, 'repa'],
    ['sit-xl-repa.pt', {}, 'repa'],
    ['prosit.pt', {}, 'dit'],
  ] as const)('takes %s with %j for %s', (fileName, facts, kind) => {
    const { kind: as, convention, alternatives } = found(fileOf(ditKeys(TINY), { fileName, facts }));
    expect([as, convention]).toEqual([kind, kind]);
    expect([...alternatives, as].sort()).toEqual(['dit', 'repa', 'sit']);
  });

  it('does as a person says', () => {
    const file = fileOf(ditKeys(TINY), { fileName: 'DiT-S-2.pt' });
    const options = {
      kind: 'sit',
      heads: 8,
      convention: 'flow-1000',
      timeDivisor: 'half-minus-one',
    } as const;
    expect(found(file, options)).toMatchObject({
      kind: 'sit',
      convention: 'flow-1000',
      config: { heads: 8, timeDivisor: 'half-minus-one' },
    });
  });

  it('drops the projectors of REPA, whose keys tell it from SiT', () => {
    const repa = found(fileOf(repaKeys({ ...TINY, out: 4 }), { fileName: 'sit.pt' }));
    expect(repa).toMatchObject({ kind: 'repa', convention: 'repa', alternatives: [], use: 'teacher' });
    const projectors = repa.keys.filter(({ key }) => key.startsWith('projectors.'));
    expect(projectors).toHaveLength(6);
    expect(projectors.every(({ verdict, why }) => verdict === 'unused' && why?.includes('projector'))).toBe(
      true,
    );
  });

  it('counts on through the old decoder blocks of REPA', () => {
    const about = fileOf(oldRepaKeys({ ...TINY, depth: 5 }, 2));
    const { recognition, mapping } = recognise(about);
    expect(recognition).toMatchObject({ kind: 'repa', use: 'teacher', config: { depth: 5 } });
    const sourceOf = (name: string) => mapping!.parameters.find((one) => one.name === name)!.sources[0]!.key;
    expect(sourceOf('blocks.1.proj.bias')).toBe('blocks.1.attn.proj.bias');
    expect(sourceOf('blocks.4.proj.bias')).toBe('decoder_blocks.2.attn.proj.bias');
  });

  it('reads the heads off the norms of queries and keys', () => {
    const keys = ditKeys(TINY);
    for (const block of [0, 1]) {
      keys[`blocks.${block}.attn.q_norm.weight`] = [8];
      keys[`blocks.${block}.attn.k_norm.weight`] = [8];
    }
    expect(ditOf(fileOf(keys))).toMatchObject({ qkNorm: true, heads: 4 });
    // With a bias it is a layer norm, which our attention has not.
    expect(found(fileOf({ ...keys, 'blocks.0.attn.q_norm.bias': [8] })).use).toBeNull();
  });

  it.each([
    [{ fileName: 'SiT-L-4.pt' }, { width: 1024 }, 16, "the file's name"],
    [{ facts: { 'args.model': 'DiT-S/8' } }, { width: 384 }, 6, 'args.model'],
    [{ facts: { 'config.num_heads': '2' } }, {}, 2, 'config.num_heads'],
    [{ metadata: { attention_head_dim: '4' } }, {}, 8, 'attention_head_dim'],
    [{}, { width: 1152 }, 16, 'DiT-XL'],
    [{}, { width: 640 }, 10, 'usual'],
    [{}, { width: 216 }, 3, 'usual'],
    [{}, { width: 36 }, 4, 'guess'],
  ] as const)('assumes heads of %j with %j', (more, sizes, heads, why) => {
    const about = fileOf(ditKeys({ ...TINY, ...sizes }), more);
    expect(ditOf(about).heads).toBe(heads);
    expect(assumed(about, 'heads')).toMatchObject({
      value: heads,
      why: expect.stringContaining(why) as string,
    });
  });

  it('will not use heads that do not divide the width', () => {
    const { use, why } = found(fileOf(ditKeys(TINY)), { heads: 5 });
    expect([use, why]).toEqual([null, '5 heads do not divide its width, 32']);
  });
});

describe('diffusers and pi-Flow', () => {
  it('takes the embedder of every block, the first for the last layer too', () => {
    const about = fileOf(diffusersKeys(TINY), { facts: { num_attention_heads: '4', sample_size: '8' } });
    const diffusers = found(about);
    expect(diffusers).toMatchObject({ kind: 'diffusers-dit', convention: 'dit', use: 'teacher' });
    expect(diffusers.config).toEqual({
      network: 'dit',
      size: 8,
      patch: 2,
      channels: 4,
      width: 32,
      depth: 2,
      heads: 4,
      mlpWidth: 128,
      classes: 10,
      timeChannels: 256,
      timeDivisor: 'half-minus-one',
      mlpNormEps: 1e-5,
      qkNorm: false,
      blockEmbeddings: true,
      head: { kind: 'field', channels: 8 },
    });
    expect(diffusers.keys.every(({ verdict }) => verdict === 'matched')).toBe(true);
    const own = diffusers.keys.filter(({ key }) => key.startsWith('transformer_blocks.1.norm1.emb.'));
    expect(own.map((each) => each.own)).toEqual([
      'blocks.1.time.0.weight',
      'blocks.1.time.0.bias',
      'blocks.1.time.2.weight',
      'blocks.1.time.2.bias',
      'blocks.1.classes',
    ]);
    const keys = diffusersKeys(TINY);
    keys['transformer_blocks.1.norm1.emb.timestep_embedder.linear_1.bias'] = [31];
    expect(found(fileOf(keys)).use).toBeNull();
  });

  it('assumes the usual size, and takes one that is given', () => {
    const about = fileOf(diffusersKeys(TINY));
    expect([ditOf(about).size, assumed(about, 'size')?.value]).toEqual([32, 32]);
    expect(ditOf(about, { size: 16 }).size).toBe(16);
    expect(found(about, { size: 15 })).toMatchObject({ use: null });
    const table = { ...diffusersKeys(TINY), 'pos_embed.pos_embed': [1, 16, 32] };
    expect(ditOf(fileOf(table)).size).toBe(8);
  });

  it.each([
    [4, 'piflow-teacher', { kind: 'field', channels: 4 }],
    [5, 'piflow-teacher', { kind: 'field', channels: 4 }],
    [8, 'piflow-teacher', { kind: 'field', channels: 8 }],
    [40, 'piflow-dx', { kind: 'dx', points: 10, nfe: 1 }],
  ] as const)('takes %i numbers at each place for a %s', (rows, kind, head) => {
    const one = found(fileOf(piflowKeys(TINY, rows)));
    expect(one).toMatchObject({ kind, convention: 'flow-1000', config: { head, timeDivisor: 'half' } });
    expect(one.use).toBe(kind === 'piflow-dx' ? 'student' : 'teacher');
  });

  it('takes two numbers for each channel as two grid points where a person says so', () => {
    const about = fileOf(piflowKeys(TINY, 8), { fileName: 'dx_4step.pth' });
    expect(found(about).alternatives).toEqual(['piflow-dx']);
    expect(ditOf(about, { kind: 'piflow-dx' }).head).toEqual({ kind: 'dx', points: 2, nfe: 4 });
    expect(ditOf(about, { kind: 'piflow-dx', nfe: 3 }).head).toEqual({ kind: 'dx', points: 2, nfe: 3 });
  });

  it('reads the components of a Gaussian mixture off its weights', () => {
    const student = found(fileOf(wrapped(piflowGmKeys(TINY, 32, 64), 'diffusion.denoising')));
    expect(student).toMatchObject({ kind: 'piflow-gm', group: 'diffusion.denoising', use: 'student' });
    expect(student.config).toMatchObject({ head: { kind: 'gm', components: 32, logStdWidth: 64 } });
    expect(found(fileOf(piflowGmKeys(TINY, 32, 64)), { components: 16 }).use).toBeNull();
  });

  it('says what rows fit neither teacher nor policy', () => {
    expect(recognise(fileOf(piflowKeys(TINY, 7))).nearest).toEqual({
      kind: 'piflow-dx',
      why: 'proj_out_2.weight has 7 numbers at each place, expected a multiple of 4',
    });
  });
});

describe('AutoencoderKL', () => {
  it.each(['new', 'old', 'old-convolutions'] as const)('is known with %s attention', (names) => {
    const vae = found(fileOf(autoencoderKeys(SD_VAE, names)));
    expect(vae).toMatchObject({
      kind: 'autoencoder-kl',
      title: 'AutoencoderKL, 83.7 M parameters, 3 channels to 4 at 1/8 of the size',
      convention: null,
      use: 'autoencoder',
    });
    expect(vae.config).toEqual({
      network: 'autoencoder-kl',
      channels: 3,
      latentChannels: 4,
      widths: [128, 256, 512, 512],
      layersPerBlock: 2,
      groups: 32,
      middleAttention: true,
      quantConvolutions: true,
      scalingFactor: 0.18215,
    });
    // diffusers counts 83,653,863 parameters of stabilityai/sd-vae-ft-ema.
    expect(parameterCount(autoencoderKeys(SD_VAE, names))).toBe(83_653_863);
  });

  it('has any number of levels and layers, groups and scale as they are told', () => {
    const keys = autoencoderKeys({ widths: [16, 24, 40], layers: 1, latent: 8 });
    expect(found(fileOf(keys)).config).toMatchObject({
      widths: [16, 24, 40],
      layersPerBlock: 1,
      latentChannels: 8,
      groups: 8,
    });
    const facts = { norm_num_groups: '4', scaling_factor: '0.13025' };
    expect(found(fileOf(keys, { facts })).config).toMatchObject({ groups: 4, scalingFactor: 0.13025 });
    expect(found(fileOf(keys), { groups: 2, scalingFactor: 1 }).config).toMatchObject({
      groups: 2,
      scalingFactor: 1,
    });
    expect(found(fileOf(keys), { groups: 3 }).use).toBeNull();
  });

  it('may lack the middle attention and the convolutions beside the latent', () => {
    const keys = Object.entries(autoencoderKeys(SD_VAE)).filter(
      ([key]) => !/attentions|quant_conv/.test(key),
    );
    expect(found(fileOf(Object.fromEntries(keys)))).toMatchObject({
      use: 'autoencoder',
      config: { middleAttention: false, quantConvolutions: false },
    });
  });

  it('cannot be used with attention where ours has none', () => {
    const keys = { ...autoencoderKeys(SD_VAE), 'encoder.down_blocks.0.attentions.0.to_q.weight': [128, 128] };
    expect(found(fileOf(keys))).toMatchObject({ use: null });
  });
});

describe('our own files', () => {
  const config = ditOf(fileOf(ditKeys(TINY)));
  const keys = Object.fromEntries(networkParameters(config).map(({ name, shape }) => [name, [...shape]]));
  const metadata = Object.fromEntries(ownMetadata(config, 'repa'));

  it('say what they are', () => {
    expect(found(fileOf(keys, { metadata }))).toMatchObject({
      kind: 'fewstep',
      config,
      convention: 'repa',
      assumed: [],
      use: 'teacher',
    });
    const { positions: _, ...rest } = keys;
    expect(found(fileOf(rest, { metadata }))).toMatchObject({ use: null, why: 'Missing keys: positions' });
  });

  it('are held to what they say', () => {
    const broken = { ...metadata, 'fewstep.network': '{"network":"dit"}' };
    const { recognition, nearest } = recognise(fileOf(keys, { metadata: broken }));
    expect([recognition, nearest?.kind]).toEqual([null, 'fewstep']);
    const huge = { ...metadata, 'fewstep.network': JSON.stringify({ ...config, depth: 1e9 }) };
    expect(recognise(fileOf(keys, { metadata: huge })).recognition).toBeNull();
  });

  it('are runs where the format says so', () => {
    const facts = { 'config.method': 'drifting', 'config.dataset.id': 'checkerboard' };
    const run = recognise(fileOf({ 'ema/w': [3] }, { facts, format: 'fewstep-run' })).recognition;
    expect(run).toMatchObject({
      kind: 'fewstep-run',
      config: { network: 'run', method: 'drifting', dataset: 'checkerboard' },
      use: 'run',
    });
  });
});

describe('verdicts', () => {
  const keys = ditKeys(TINY);

  it('names a missing key', () => {
    const { 'blocks.1.mlp.fc2.bias': _, ...rest } = keys;
    const { keys: verdicts, use, why } = found(fileOf(rest));
    expect([use, why]).toEqual([null, 'Missing keys: blocks.1.mlp.fc2.bias']);
    expect(verdicts.find(({ key }) => key === 'blocks.1.mlp.fc2.bias')).toEqual({
      key: 'blocks.1.mlp.fc2.bias',
      verdict: 'missing',
      expected: [32],
    });
  });

  it('names a missing block, and counts the others right', () => {
    const rest = Object.entries(ditKeys({ ...TINY, depth: 4 })).filter(
      ([key]) => !key.startsWith('blocks.2.'),
    );
    const { config, use, keys: verdicts } = found(fileOf(Object.fromEntries(rest)));
    expect([config, use]).toEqual([expect.objectContaining({ depth: 4 }), null]);
    expect(verdicts.filter(({ verdict }) => verdict === 'missing')).toHaveLength(10);
  });

  it('says both shapes of a mismatch', () => {
    const { keys: verdicts, use, why } = found(fileOf({ ...keys, 'blocks.0.attn.proj.weight': [32, 16] }));
    expect([use, why]).toEqual([
      null,
      'Other shapes: blocks.0.attn.proj.weight is [32, 16], expected [32, 32]',
    ]);
    expect(verdicts.find(({ verdict }) => verdict === 'shape-mismatch')).toEqual({
      key: 'blocks.0.attn.proj.weight',
      verdict: 'shape-mismatch',
      expected: [32, 32],
      found: [32, 16],
    });
  });

  it('leaves a stranger unused, and refuses one that the network must know', () => {
    const beside = found(fileOf({ ...keys, logit_scale: [] }));
    expect(beside.use).toBe('teacher');
    expect(beside.keys.at(-1)).toEqual({ key: 'logit_scale', verdict: 'unused', found: [] });
    for (const key of ['d_embedder.mlp.0.weight', 'blocks.0.attn.rel_pos']) {
      const { use, why } = found(fileOf({ ...keys, [key]: [32, 32] }));
      expect([use, why]).toEqual([null, `Keys of the network that are not known here: ${key}`]);
    }
  });

  it('takes floats only', () => {
    expect(found(fileOf(keys, { dtype: 'BF16' })).use).toBe('teacher');
    expect(found(fileOf(keys, { dtype: 'I8' })).why).toContain('pos_embed is int8');
  });

  it('is not fooled by sizes that no network has', () => {
    expect(recognise(fileOf({ ...keys, 'x_embedder.proj.weight': [0, 4, 2, 2] })).nearest?.why).toContain(
      'x_embedder.proj.weight is [0, 4, 2, 2]',
    );
    const far = found(fileOf({ ...keys, 'blocks.999999.attn.qkv.weight': [96, 32] }));
    expect(far).toMatchObject({ use: null, config: { depth: 2 } });
    const vast = { ...keys, 'x_embedder.proj.weight': [2 ** 20, 2 ** 20, 2, 2] };
    expect(found(fileOf(vast)).why).toContain('Too large: embed.weight');
  });
});

describe('sets of weights', () => {
  const sizes = { ...TINY, out: 4 };
  const training: Shapes = {
    ...wrapped(repaKeys(sizes), 'model'),
    ...wrapped(repaKeys(sizes), 'ema'),
    'opt.state.0.exp_avg': [3],
  };

  it('prefers the EMA, and takes another where a person says so', () => {
    expect(found(fileOf(training)).group).toBe('ema');
    expect(found(fileOf(training), { group: 'model' }).group).toBe('model');
    const of = (key: string) => found(fileOf(training)).keys.find((one) => one.key === key);
    expect(of('model.pos_embed')?.why).toBe('of other weights, "model"');
    expect(of('opt.state.0.exp_avg')?.why).toBe('state of the optimiser');
    const { recognition, nearest } = recognise(fileOf(training), { group: 'elsewhere' });
    expect([recognition, nearest]).toEqual([null, null]);
  });

  it('takes a whole set before an EMA with a hole', () => {
    const { 'ema.pos_embed': _, ...rest } = training;
    expect(found(fileOf(rest))).toMatchObject({ group: 'model', use: 'teacher' });
  });

  it('takes a network before the autoencoder beside it', () => {
    const both = { ...wrapped(autoencoderKeys(SD_VAE), 'vae'), ...wrapped(ditKeys(TINY), 'transformer') };
    expect(found(fileOf(both))).toMatchObject({ kind: 'dit', group: 'transformer' });
    expect(found(fileOf(both), { kind: 'autoencoder-kl' })).toMatchObject({
      group: 'vae',
      use: 'autoencoder',
    });
  });

  it('lists them', () => {
    const each = parameterCount(repaKeys(sizes));
    expect(groupsOf(fileOf(training).tensors)).toEqual([
      { prefix: 'ema', tensors: 38, parameters: each },
      { prefix: 'model', tensors: 38, parameters: each },
    ]);
    expect(groupsOf(fileOf(wrapped({ w: [2, 3], b: [3] }, 'state_dict')).tensors)).toEqual([
      { prefix: 'state_dict', tensors: 2, parameters: 9 },
    ]);
    expect(groupsOf(fileOf({ w: [2] }).tensors)).toEqual([]);
  });
});

describe('unknown layouts', () => {
  it('say what is nearest and why it does not fit', () => {
    const { 'net.x_embedder.proj.weight': _, ...rest } = wrapped(ditKeys(TINY), 'net');
    expect(recognise(fileOf(rest))).toEqual({
      recognition: null,
      nearest: {
        kind: 'dit',
        why: '19 of the 20 kinds of keys of DiT are there; missing: x_embedder.proj.weight',
      },
      mapping: null,
    });
  });

  it('have no neighbour where nothing is alike', () => {
    const nothing = { recognition: null, nearest: null, mapping: null };
    expect(recognise(fileOf({ 'layers.0.weight': [3, 4] }))).toEqual(nothing);
    expect(recognise(fileOf({}))).toEqual(nothing);
  });

  it('have the neighbour that their known names make, whatever strangers are among them', () => {
    const { 'net.x_embedder.proj.weight': _, ...dits } = wrapped(ditKeys(TINY), 'net');
    const { nearest } = recognise(fileOf(dits));
    expect(nearest?.kind).toBe('dit');
    const part = fc.constantFrom('', '0', '17', 'blocks', 'attn', 'qkv', 'mlp', 'weight', '__proto__', 'x');
    const name = fc.array(part, { minLength: 1, maxLength: 40 }).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 60 }), (names) => {
        // Under a prefix whose parts are none of a layout's, and behind a part that is none.
        const strangers = Object.fromEntries(names.map((each) => [`stranger.${each}.odd`, [2]]));
        expect(recognise(fileOf({ ...strangers, ...dits })).nearest).toEqual(nearest);
      }),
      { seed: 5 },
    );
  });

  it('are not a kind that a person says they are', () => {
    const { recognition, nearest } = recognise(fileOf(piflowKeys(TINY, 4)), { kind: 'dit' });
    expect(recognition).toBeNull();
    expect(nearest?.kind).toBe('piflow-teacher');
  });
});

const sizesArbitrary: fc.Arbitrary<DitSizes> = fc
  .record({
    side: fc.integer({ min: 1, max: 5 }),
    patch: fc.constantFrom(1, 2, 3, 4),
    channels: fc.integer({ min: 1, max: 5 }),
    quarter: fc.integer({ min: 1, max: 9 }),
    depth: fc.integer({ min: 1, max: 4 }),
    mlpWidth: fc.integer({ min: 1, max: 50 }),
    classes: fc.integer({ min: 1, max: 12 }),
    halfTime: fc.integer({ min: 1, max: 12 }),
    hasSigma: fc.boolean(),
  })
  .map(({ side, patch, channels, quarter, depth, mlpWidth, classes, halfTime, hasSigma }) => ({
    size: side * patch,
    patch,
    channels,
    width: 4 * quarter,
    depth,
    mlpWidth,
    classes,
    timeChannels: 2 * halfTime,
    out: hasSigma ? 2 * channels : channels,
  }));

describe('recognise', () => {
  it('finds the sizes of any network of the known layouts', () => {
    fc.assert(
      fc.property(sizesArbitrary, fc.constantFrom(ditKeys, repaKeys, diffusersKeys), (sizes, keysOf) => {
        const { size, patch, channels, width, depth, mlpWidth, classes, timeChannels, out } = sizes;
        expect(ditOf(fileOf(keysOf(sizes)), { size })).toMatchObject({
          size,
          patch,
          channels,
          width,
          depth,
          mlpWidth,
          classes,
          timeChannels,
          head: { kind: 'field', channels: out },
        });
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  it('does not depend on order and wrapping', () => {
    const files = [
      ditKeys(TINY),
      repaKeys(TINY),
      diffusersKeys(TINY),
      piflowGmKeys(TINY, 2, 8),
      autoencoderKeys(SD_VAE),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...files).chain((keys) =>
          fc.record({
            keys: fc.constant(keys),
            order: fc.shuffledSubarray(Object.keys(keys), { minLength: Object.keys(keys).length }),
            prefix: fc
              .array(
                fc.constantFrom('module', '_orig_mod', 'state_dict', 'model', 'ema', 'vae', '0', 'blocks'),
                {
                  minLength: 1,
                  maxLength: 4,
                },
              )
              .map((parts) => parts.join('.')),
          }),
        ),
        ({ keys, order, prefix }) => {
          const shuffled = Object.fromEntries(order.map((key) => [key, keys[key]!]));
          expect(recognise(fileOf(shuffled))).toEqual(recognise(fileOf(keys)));
          const plain = found(fileOf(keys));
          const inside = found(fileOf(wrapped(shuffled, prefix)));
          const bare = inside.keys.map((one) => ({ ...one, key: one.key.slice(prefix.length + 1) }));
          expect({ ...inside, group: '', keys: bare }).toEqual(plain);
          expect(inside.group).toBe(prefix);
        },
      ),
      { seed: 6, numRuns: 40 },
    );
  });

  it('answers for a hundred thousand keys, alike or not', () => {
    const many = Object.fromEntries(
      Array.from({ length: 1e5 }, (_, i) => [`layers.${i}.sub.${i}.weight`, [1]]),
    );
    expect(recognise(fileOf(many)).recognition).toBeNull();
    const repeated = Object.fromEntries(
      Array.from({ length: 3000 }, (_, i) =>
        Object.entries(wrapped(ditKeys({ ...TINY, depth: 1 }), `m${i}`)),
      ).flat(),
    );
    expect(found(fileOf(repeated)).group).toBe('m0');
  });
});
