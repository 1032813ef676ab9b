import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  formatRound,
  titleFromName,
} from './format.ts';

fc.configureGlobal({ seed: 20261122 });

describe('formatNumber', () => {
  it('keeps the asked precision', () => {
    expect(formatNumber(0.0312345)).toBe('0.0312');
    expect(formatNumber(312.4)).toBe('312');
    expect(formatNumber(1.5, 4)).toBe('1.500');
    expect(formatNumber(-0.5)).toBe('−0.500');
    expect(formatNumber(0.00012)).toBe('1.20e−4');
    expect(formatNumber(2_500_000)).toBe('2.50e6');
  });

  it('names what is no number', () => {
    expect(formatNumber(NaN)).toBe('NaN');
    expect(formatNumber(-Infinity)).toBe('−∞');
  });

  it('stays within half a unit of its last digit', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1e12, noNaN: true }), (value) => {
        const shown = Number(formatNumber(value, 4).replace('−', '-'));
        expect(Math.abs(shown - value)).toBeLessThanOrEqual(value * 5.01e-4);
      }),
    );
  });
});

it('formatCount sets thousands apart and loses no digit', () => {
  expect(formatCount(12_400)).toBe('12\u202f400');
  expect(formatCount(999)).toBe('999');
  fc.assert(
    fc.property(fc.integer({ min: 0 }), (count) => {
      expect(Number(formatCount(count).replaceAll('\u202f', ''))).toBe(count);
    }),
  );
});

it('formatRound adds no digits', () => {
  expect(formatRound(0.001)).toBe('0.001');
  expect(formatRound(-0.1 - 0.2)).toBe('−0.3');
  expect(formatRound(100_000)).toBe('100\u202f000');
  expect(formatRound(1e-12)).toBe('1e−12');
  expect(formatRound(1.2345e-9)).toBe('1.23e−9'.replace('1.23', '1.2'));
});

it('formatDuration reads as a clock', () => {
  expect(formatDuration(41)).toBe('00:41');
  expect(formatDuration(3723)).toBe('1:02:03');
  expect(formatDuration(-1)).toBe('00:00');
});

it('titleFromName makes a heading of a field name', () => {
  expect(titleFromName('energyDistance')).toBe('Energy distance');
  expect(titleFromName('grad_norm')).toBe('Grad norm');
});

describe('formatBytes', () => {
  it('takes the unit that leaves one to three digits', () => {
    expect([0, 999, 1000, 214_711, 2_700_528_528].map(formatBytes)).toEqual([
      '0 bytes',
      '999 bytes',
      '1.00 kB',
      '215 kB',
      '2.70 GB',
    ]);
  });
});
