import { describe, expect, it } from 'vitest';
import { modelSummary } from '../../testing/fake-engine.ts';
import { canBeOriginal, modelFacts } from './facts.ts';

const rowsOf = (model: Parameters<typeof modelFacts>[0]) =>
  Object.fromEntries(modelFacts(model).map(({ label, value }) => [label, value]));

describe('modelFacts', () => {
  it('says of a teacher how it is asked, and its sizes', () => {
    expect(rowsOf(modelSummary('sit'))).toMatchObject({
      Sample: '8 × 8 × 4',
      Classes: '10',
      'Width, depth, heads': '32, 2, 4',
      'Its velocity': 'data - noise at 1 - t',
    });
  });

  it('says nothing of classes and conventions where there are none', () => {
    const autoencoder = modelSummary('vae', {
      use: 'autoencoder',
      classes: 0,
      convention: null,
      sampleShape: [16, 16, 3],
      config: {
        network: 'autoencoder-kl',
        channels: 3,
        latentChannels: 4,
        widths: [16, 32],
        layersPerBlock: 1,
        groups: 8,
        middleAttention: true,
        quantConvolutions: true,
        scalingFactor: 0.18215,
      },
    });
    const rows = rowsOf(autoencoder);
    expect(rows).toMatchObject({ Image: '16 × 16 × 3', Levels: '16, 32', 'Scaling factor': '0.18215' });
    expect(Object.keys(rows)).not.toContain('Classes');
    expect(Object.keys(rows)).not.toContain('Its velocity');
    expect(canBeOriginal(autoencoder)).toBe(false);
  });

  it('offers the released names to networks of their shape alone', () => {
    const sit = modelSummary('sit');
    expect(canBeOriginal(sit)).toBe(true);
    if (sit.config.network !== 'dit') throw new Error('expected a DiT');
    const policy = { ...sit.config, head: { kind: 'gm', components: 8, logStdWidth: 64 } } as const;
    expect(canBeOriginal(modelSummary('gm', { config: policy }))).toBe(false);
  });
});
