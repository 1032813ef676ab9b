import { describe, expect, it } from 'vitest';
import type { ExecutorEntry } from '#contract/engines.ts';
import { agreementText, installedText, memoryText, speedText } from './words.ts';

function entry(change: Partial<ExecutorEntry> = {}): ExecutorEntry {
  return {
    id: 'ort-webgpu',
    available: true,
    reason: '',
    device: { name: 'GPU', memoryBytes: 8e9, features: [], isSoftware: false },
    score: {
      stepsPerSec: 812.34,
      seconds: 5,
      difference: 1.84e-6,
      agrees: true,
      measuredAt: '2026-01-01T00:00:00.000Z',
    },
    ...change,
  };
}

describe('a row of the table', () => {
  it('says how fast it is and how far from the standard', () => {
    expect([speedText(entry()), agreementText(entry()), memoryText(entry())]).toEqual([
      '812',
      'agrees, 1.8e-6',
      '8.00 GB',
    ]);
    const wrong = entry({ score: { ...entry().score!, difference: 0.5, agrees: false } });
    expect(agreementText(wrong)).toBe('differs by 5.0e-1');
    expect(agreementText(entry({ id: 'ort-cpu' }))).toBe('the standard');
  });

  it('says nothing of what nobody knows', () => {
    const unknown = entry({ score: null, device: null });
    expect([speedText(unknown), agreementText(unknown), memoryText(unknown)]).toEqual([null, null, '']);
  });
});

it('what is installed is told with its kind, source and size', () => {
  const text = installedText({
    id: 'tensorflow',
    kind: 'gpu',
    from: 'wheel',
    version: '2.21.0',
    folder: '/data/engines/tensorflow',
    bytes: 1.25e9,
    installedAt: '2026-01-01T00:00:00.000Z',
  });
  expect(text).toContain('TensorFlow 2.21.0 for the NVIDIA GPU');
  expect(text).toContain("from Python's wheel");
});
