import { describe, expect, it } from 'vitest';
import { runSummary } from '../testing/fake-engine.ts';
import { askableOf, askedOf } from './asked.ts';

const velocity = { produces: 'velocity' } as const;
const points = (classes: number) => askableOf(runSummary('a', { classes }), velocity);
const images = (classes: number) => askableOf(runSummary('a', { classes, sampleShape: [8, 8, 1] }), velocity);

describe('askedOf', () => {
  it('asks a run without classes for nothing', () => {
    expect(askedOf(points(0), { label: 0, guidance: 3 })).toEqual({});
    expect(askedOf(images(0), { label: null, guidance: 3 })).toEqual({});
  });

  it('never asks for a class that a run does not have, nor guides points towards none', () => {
    expect(askedOf(points(3), { label: 3, guidance: 2 })).toEqual({});
    expect(askedOf(points(3), { label: null, guidance: 2 })).toEqual({});
  });

  it('guides images without a class: they are dealt out over all of them', () => {
    expect(askedOf(images(3), { label: null, guidance: 2 })).toEqual({ guidance: 2 });
    expect(askedOf(images(3), { label: 3, guidance: 2 })).toEqual({ guidance: 2 });
    expect(askedOf(images(3), { label: null, guidance: 1 })).toEqual({});
  });

  it('asks for a class, and for guidance other than none', () => {
    expect(askedOf(points(3), { label: 2, guidance: 1 })).toEqual({ label: 2 });
    expect(askedOf(images(3), { label: 0, guidance: 0 })).toEqual({ label: 0, guidance: 0 });
  });

  it('knows what a run can be asked for by the same object, whatever else is new of it', () => {
    expect(askableOf(runSummary('a', { classes: 3, step: 7 }), velocity)).toBe(points(3));
    expect(images(3)).not.toEqual(points(3));
  });

  it('guides what is no velocity only if it has learnt to read a scale', () => {
    const method = { produces: 'flowMap', guidedAbove: { param: 'most', value: 1 } } as const;
    const student = (params: Record<string, unknown>) => {
      const run = runSummary('a', { classes: 3 });
      return askableOf({ ...run, config: { ...run.config, params } }, method);
    };
    const wanted = { label: 2, guidance: 2 };
    expect(askedOf(student({ most: 4 }), wanted)).toEqual(wanted);
    for (const askable of [
      student({ most: 1 }),
      student({}),
      askableOf(runSummary('a', { classes: 3 }), { produces: 'policy' }),
    ]) {
      expect(askable.isGuidable).toBe(false);
      expect(askedOf(askable, wanted)).toEqual({ label: 2 });
    }
    expect(askedOf(askableOf(null, null), wanted)).toEqual({});
  });
});
