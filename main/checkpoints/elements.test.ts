import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { doublesOf, floatsOf, isNumeric, torchDtype } from './elements.ts';
import { dtypeNames } from './safetensors/dtypes.ts';
import type { Dtype } from './safetensors/dtypes.ts';
import { codeOf } from './testing.ts';

const SEED = 20261122;

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

describe('round trips', () => {
  const arrays: [Dtype, (values: number[]) => ArrayBufferView, fc.Arbitrary<number>][] = [
    ['F64', (v) => Float64Array.from(v), fc.double()],
    ['F32', (v) => Float32Array.from(v), fc.float()],
    ['I32', (v) => Int32Array.from(v), fc.integer()],
    ['U32', (v) => Uint32Array.from(v), fc.nat()],
    ['I16', (v) => Int16Array.from(v), fc.integer({ min: -32768, max: 32767 })],
    ['U16', (v) => Uint16Array.from(v), fc.nat(65535)],
    ['I8', (v) => Int8Array.from(v), fc.integer({ min: -128, max: 127 })],
    ['U8', (v) => Uint8Array.from(v), fc.nat(255)],
    ['BOOL', (v) => Uint8Array.from(v), fc.nat(1)],
    ['I64', (v) => BigInt64Array.from(v.map(BigInt)), fc.maxSafeInteger()],
    ['U64', (v) => BigUint64Array.from(v.map(BigInt)), fc.maxSafeNat()],
  ];
  it.each(arrays)('gives back %s exactly, at any alignment', (dtype, write, value) => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 9 }), fc.nat(7), (values, shift) => {
        const view = write(values);
        const larger = new Uint8Array(view.byteLength + 8);
        const piece = larger.subarray(shift, shift + view.byteLength);
        piece.set(new Uint8Array(view.buffer));
        expect(doublesOf(piece, dtype)).toEqual(Float64Array.from(values));
        expect(floatsOf(piece, dtype)).toEqual(Float32Array.from(values));
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});

describe('small floats', () => {
  // Largest, smallest normal, smallest subnormal and special codes, from the OCP FP8 paper (Micikevicius
  // et al. 2022, table 1) and from the FNUZ formats (Noune et al. 2022).
  it('decodes float8_e4m3fn', () => {
    expect(doublesOf(bytes(0x7e, 0x08, 0x01, 0x7f, 0xff, 0x38, 0xb8, 0x80), 'F8_E4M3')).toEqual(
      Float64Array.of(448, 2 ** -6, 2 ** -9, NaN, NaN, 1, -1, -0),
    );
  });

  it('decodes float8_e5m2', () => {
    expect(doublesOf(bytes(0x7b, 0x04, 0x01, 0x7c, 0xfc, 0x7d, 0x3c, 0x80), 'F8_E5M2')).toEqual(
      Float64Array.of(57344, 2 ** -14, 2 ** -16, Infinity, -Infinity, NaN, 1, -0),
    );
  });

  it('decodes the FNUZ formats, whose minus zero is NaN', () => {
    expect(doublesOf(bytes(0x7f, 0x08, 0x01, 0x80, 0x40), 'F8_E4M3FNUZ')).toEqual(
      Float64Array.of(240, 2 ** -7, 2 ** -10, NaN, 1),
    );
    expect(doublesOf(bytes(0x7f, 0x04, 0x01, 0x80, 0x40), 'F8_E5M2FNUZ')).toEqual(
      Float64Array.of(57344, 2 ** -15, 2 ** -17, NaN, 1),
    );
  });

  it('is monotonic over the positive finite codes of every small format', () => {
    for (const [dtype, last] of [
      ['F8_E4M3', 0x7e],
      ['F8_E5M2', 0x7b],
      ['F8_E4M3FNUZ', 0x7f],
      ['F8_E5M2FNUZ', 0x7f],
    ] as const) {
      const values = doublesOf(
        Uint8Array.from({ length: last + 1 }, (_, code) => code),
        dtype,
      );
      for (let i = 1; i < values.length; i++) expect(values[i]).toBeGreaterThan(values[i - 1]!);
    }
  });

  it('decodes every float16 and bfloat16 as arithmetic says', () => {
    const codes = Uint16Array.from({ length: 65536 }, (_, code) => code);
    const halves = doublesOf(new Uint8Array(codes.slice().buffer), 'F16');
    const brains = doublesOf(new Uint8Array(codes.slice().buffer), 'BF16');
    const view = new DataView(new ArrayBuffer(4));
    for (let code = 0; code < 65536; code++) {
      const exponent = (code >> 10) & 31;
      const fraction = code & 1023;
      const size =
        exponent === 31
          ? fraction === 0
            ? Infinity
            : NaN
          : exponent === 0
            ? fraction / 2 ** 24
            : (1024 + fraction) * 2 ** (exponent - 25);
      view.setUint32(0, code * 65536);
      // Compared without expect, which would take seconds for as many.
      if (
        !Object.is(halves[code], code >> 15 ? -size : size) ||
        !Object.is(brains[code], view.getFloat32(0))
      ) {
        expect([code, halves[code], brains[code]]).toEqual([code, size, view.getFloat32(0)]);
      }
    }
  });
});

describe('refusals', () => {
  it('reports integers that a number does not hold, and never rounds them', () => {
    for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n]) {
      const piece = new Uint8Array(BigInt64Array.of(1n, value).buffer);
      expect(codeOf(() => doublesOf(piece, 'I64'))).toBe('checkpoint/inexact-integer');
      expect(codeOf(() => floatsOf(piece, 'I64'))).toBe('checkpoint/inexact-integer');
    }
    const large = new Uint8Array(BigUint64Array.of(2n ** 64n - 1n).buffer);
    expect(codeOf(() => doublesOf(large, 'U64'))).toBe('checkpoint/inexact-integer');
  });

  it('refuses by name what is no plain number', () => {
    const refused = dtypeNames().filter((dtype) => !isNumeric(dtype));
    expect(refused).toEqual(['F4', 'F6_E2M3', 'F6_E3M2', 'F8_E8M0', 'C64']);
    for (const dtype of refused) {
      expect(() => doublesOf(new Uint8Array(24), dtype)).toThrow(torchDtype(dtype));
      expect(codeOf(() => floatsOf(new Uint8Array(24), dtype))).toBe('checkpoint/unsupported-dtype');
    }
  });
});

it('names dtypes as torch does', () => {
  expect(['F32', 'BF16', 'F8_E4M3', 'I64', 'BOOL'].map((dtype) => torchDtype(dtype as Dtype))).toEqual([
    'float32',
    'bfloat16',
    'float8_e4m3fn',
    'int64',
    'bool',
  ]);
});
