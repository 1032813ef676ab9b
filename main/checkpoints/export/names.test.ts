import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { convention as conventions } from '#contract/networks.ts';
import type { DitConfig } from '#contract/networks.ts';
import { networkParameters } from '../name-maps/network-parameters.ts';
import { ownMetadata } from '../name-maps/own-files.ts';
import { recognise } from '../name-maps/recognise.ts';
import { sizeOfShape } from '../name-maps/shapes.ts';
import { ditKeys } from '../name-maps/testing/foreign-files.ts';
import { readSafetensors, writeSafetensors } from '../safetensors/index.ts';
import type { CheckpointTensor } from '../safetensors/index.ts';
import { convertCheckpoint } from './convert.ts';
import { exportNames, whyNoOriginalNames, writeNetworkFile } from './names.ts';
import { memoryCheckpoint } from './testing/memory-checkpoint.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fewstep-names-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** Bytes of what is written to a new file, which is then removed. */
function written(write: (file: string) => void): Buffer {
  const file = path.join(folder, 'one.safetensors');
  write(file);
  const bytes = fs.readFileSync(file);
  fs.rmSync(file);
  return bytes;
}

const configArbitrary: fc.Arbitrary<DitConfig> = fc
  .record({
    side: fc.integer({ min: 1, max: 4 }),
    patch: fc.constantFrom(1, 2, 3),
    channels: fc.integer({ min: 1, max: 4 }),
    heads: fc.constantFrom(1, 2, 3),
    headWidth: fc.constantFrom(4, 8),
    depth: fc.integer({ min: 1, max: 3 }),
    mlpWidth: fc.integer({ min: 1, max: 40 }),
    classes: fc.integer({ min: 1, max: 5 }),
    halfTime: fc.integer({ min: 1, max: 8 }),
    hasSigma: fc.boolean(),
    qkNorm: fc.boolean(),
  })
  .map(
    ({ side, patch, channels, heads, headWidth, depth, mlpWidth, classes, halfTime, hasSigma, qkNorm }) => ({
      network: 'dit',
      size: side * patch,
      patch,
      channels,
      width: heads * headWidth,
      depth,
      heads,
      mlpWidth,
      classes,
      timeChannels: 2 * halfTime,
      timeDivisor: 'half',
      mlpNormEps: 1e-6,
      qkNorm,
      head: { kind: 'field', channels: hasSigma ? 2 * channels : channels },
    }),
  );

/** Any bits at all, NaN with payloads among them. */
function anyBits(shape: readonly number[], seed: number): CheckpointTensor {
  let state = seed >>> 0;
  const bits = Uint32Array.from({ length: sizeOfShape(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  });
  return { dtype: 'F32', shape, data: new Float32Array(bits.buffer) };
}

/** A network of ours in memory. */
function ownNetwork(config: DitConfig, seed: number): Map<string, CheckpointTensor> {
  return new Map(
    networkParameters(config).map(({ name, shape }, i) => [name, anyBits(shape, seed + 977 * i)]),
  );
}

const conventionArbitrary = fc.constantFrom(...conventions.options);

describe('writeNetworkFile', () => {
  it('in the original names undoes an import, bit for bit, and is recognised as what it was', () => {
    fc.assert(
      fc.property(configArbitrary, conventionArbitrary, fc.nat(), (config, convention, seed) => {
        const own = ownNetwork(config, seed);
        const valuesOf = (name: string): Float32Array => own.get(name)!.data as Float32Array;
        const original = written((file) => writeNetworkFile(file, config, convention, 'original', valuesOf));

        const { tensors, metadata } = readSafetensors(original);
        const checkpoint = memoryCheckpoint(tensors, metadata);
        const { recognition, mapping } = recognise({ ...checkpoint, fileName: 'x' });
        expect(recognition).toMatchObject({ config, convention, use: 'teacher' });
        if (convention !== 'flow-1000') expect(recognition!.kind).toBe(convention);

        const back = written((file) =>
          convertCheckpoint(checkpoint, mapping!, file, ownMetadata(config, convention)),
        );
        expect(Buffer.compare(back, writeSafetensors(own, ownMetadata(config, convention)))).toBe(0);
        const ownFile = written((file) => writeNetworkFile(file, config, convention, 'fewstep', valuesOf));
        expect(Buffer.compare(back, ownFile)).toBe(0);
      }),
      { seed: 4, numRuns: 40 },
    );
  });

  it('writes every key of the release with its shape, and no other', () => {
    fc.assert(
      fc.property(configArbitrary, (config) => {
        const names = exportNames({ ...config, qkNorm: false }, 'original');
        const out = config.head.kind === 'field' ? config.head.channels : 0;
        expect(Object.fromEntries(names.map(({ name, shape }) => [name, shape]))).toEqual(
          ditKeys({ ...config, out }),
        );
      }),
      { seed: 5, numRuns: 20 },
    );
  });
});

describe('whyNoOriginalNames', () => {
  const [config] = fc.sample(configArbitrary, { seed: 6, numRuns: 1 }) as [DitConfig];

  it('lets through what the release has', () => expect(whyNoOriginalNames(config)).toBeNull());

  it.each([
    [{ classes: 0 }, 'no classes'],
    [{ timeDivisor: 'half-minus-one' }, 'diffusers'],
    [{ mlpNormEps: 1e-5 }, 'epsilon'],
    [{ head: { kind: 'dx', points: 2, nfe: 1 } }, 'policy'],
  ] as const)('says of %j why not', (change, why) => {
    const other = { ...config, ...change };
    expect(whyNoOriginalNames(other)).toContain(why);
    expect(() => exportNames(other, 'original')).toThrow(
      expect.objectContaining({ code: 'checkpoint/no-original-names' }),
    );
    expect(exportNames(other, 'fewstep').map(({ name }) => name)).toEqual(
      networkParameters(other).map(({ name }) => name),
    );
  });
});
