import { describe, expect, it } from 'vitest';
import { askedOf } from './asked.ts';

describe('askedOf', () => {
  it('asks a run without classes for nothing', () => {
    expect(askedOf({ classes: 0 }, { label: 0, guidance: 3 })).toEqual({});
    expect(askedOf(null, { label: 0, guidance: 3 })).toEqual({});
  });

  it('never asks for a class that a run does not have, nor for guidance towards none', () => {
    expect(askedOf({ classes: 3 }, { label: 3, guidance: 2 })).toEqual({});
    expect(askedOf({ classes: 3 }, { label: null, guidance: 2 })).toEqual({});
  });

  it('asks for a class, and for guidance other than none', () => {
    expect(askedOf({ classes: 3 }, { label: 2, guidance: 1 })).toEqual({ label: 2 });
    expect(askedOf({ classes: 3 }, { label: 0, guidance: 0 })).toEqual({ label: 0, guidance: 0 });
  });
});
