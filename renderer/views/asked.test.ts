import { describe, expect, it } from 'vitest';
import { askableOf, askedOf } from './asked.ts';

const points = (classes: number) => askableOf({ classes, sampleShape: undefined });
const images = (classes: number) => askableOf({ classes, sampleShape: [8, 8, 1] });

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
});
