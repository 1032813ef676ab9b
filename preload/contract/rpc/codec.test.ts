import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkbenchError } from '../errors.ts';
import { decodeMessage, encodeMessage } from './codec.ts';
import { wireValue } from './wire-value.ts';

const floats = fc.array(fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, -0)), {
  maxLength: 9,
});
const typedArray = fc.oneof(
  floats.map((list) => Float32Array.from(list)),
  floats.map((list) => Float64Array.from(list)),
  fc.array(fc.integer(), { maxLength: 9 }).map((list) => Int32Array.from(list)),
  fc.uint8Array({ maxLength: 9 }),
);
const key = fc.oneof(
  fc.string().filter((text) => text !== '__proto__'),
  fc.constantFrom('$', '$$', '$ref', '0', 'constructor', 'toJSON', 'prototype', ''),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'medium' },
    fc.oneof(
      fc.constantFrom(null, undefined, true, false, NaN, Infinity, -Infinity, -0, 0),
      fc.double(),
      fc.string({ unit: 'binary' }),
      typedArray,
    ),
    fc.array(tie('tree'), { maxLength: 5 }),
    fc
      .uniqueArray(fc.tuple(key, tie('tree')), { maxLength: 5, selector: ([name]) => name })
      .map((entries) => Object.fromEntries(entries)),
  ),
}));

function errorOf(action: () => unknown): WorkbenchError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(WorkbenchError);
    return error as WorkbenchError;
  }
  throw new Error('Expected it to throw');
}

/** A message with any header and body, as an attacker would write it. */
function forged(header: unknown, body = new Uint8Array(0), claimedBytes?: number): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const start = Math.ceil((8 + text.length) / 8) * 8;
  const message = new Uint8Array(start + body.length);
  message.set(new TextEncoder().encode('FSW1'));
  new DataView(message.buffer).setUint32(4, claimedBytes ?? text.length, true);
  message.set(text, 8);
  message.set(body, start);
  return message;
}

// Compared with Node's assert: vitest's toStrictEqual mistakes a field named `constructor` for the class.
describe('the codec', () => {
  it('gives back what it was given: every number, undefined field, odd key and array', () => {
    fc.assert(
      fc.property(tree, (value) => {
        assert.deepEqual(decodeMessage(encodeMessage(value)), value);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it('agrees with structured cloning on what comes out', () => {
    fc.assert(
      fc.property(tree, (value) => {
        assert.deepEqual(decodeMessage(encodeMessage(value)), structuredClone(wireValue(value)));
      }),
      { seed: 8, numRuns: 100 },
    );
  });

  it('puts each array at a multiple of 8, and reads from any offset into exact memory', () => {
    const value = {
      a: new Uint8Array([1, 2, 3]),
      b: new Float64Array([0.1]),
      c: new Float32Array([0.5]).subarray(1),
    };
    const message = encodeMessage(value);
    expect(message.length % 8).toBe(0);
    for (let shift = 0; shift < 8; shift++) {
      const larger = new Uint8Array(message.length + 16);
      larger.set(message, shift);
      const decoded = decodeMessage(larger.subarray(shift, shift + message.length)) as typeof value;
      expect(decoded).toStrictEqual({ ...value, c: new Float32Array(0) });
      for (const array of Object.values(decoded)) expect(array.buffer.byteLength).toBe(array.byteLength);
    }
  });

  it('keeps a Node Buffer as the plain bytes that it is', () => {
    const { bytes } = decodeMessage(encodeMessage({ bytes: Buffer.from('abc') })) as { bytes: Uint8Array };
    expect(bytes).toStrictEqual(new Uint8Array([97, 98, 99]));
  });

  it.each([
    ['a function', { a: { b: [0, () => 0] } }, 'a.b[1]'],
    ['a symbol', { s: Symbol('s') }, 's'],
    ['a bigint', [1n], '[0]'],
    ['a Date', { at: new Date(0) }, 'at'],
    ['a Map', { m: new Map() }, 'm'],
    ['an Error', { e: new Error('x') }, 'e'],
    ['a DataView', { v: new DataView(new ArrayBuffer(1)) }, 'v'],
    ['an Int16Array', { v: new Int16Array(1) }, 'v'],
    ['a bare ArrayBuffer', { v: new ArrayBuffer(1) }, 'v'],
    ['an own field __proto__', { o: JSON.parse('{"__proto__": 1}') as unknown }, 'o.__proto__'],
  ])('and every other wire refuse %s, naming where it is', (_what, value, path) => {
    for (const encode of [encodeMessage, wireValue]) {
      const error = errorOf(() => encode(value));
      expect(error.code).toBe('rpc/not-encodable');
      expect(error.detail).toEqual({ path });
    }
  });

  it('and every other wire refuse a cycle', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    for (const encode of [encodeMessage, wireValue])
      expect(errorOf(() => encode(loop)).code).toBe('rpc/not-encodable');
  });
});

describe('a hostile message', () => {
  const valid = encodeMessage({ a: new Float32Array([1, 2]), b: 'text', c: [NaN, { $x: undefined }] });

  it.each<[string, Uint8Array<ArrayBuffer>]>([
    ['empty', new Uint8Array(0)],
    ['shorter than its prefix', valid.slice(0, 7)],
    ['of another format', new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')],
    ['cut in its header', valid.slice(0, 20)],
    ['cut in its arrays', valid.slice(0, -8)],
    ['with bytes left over', new Uint8Array([...valid, ...new Uint8Array(8)])],
    ['whose header claims 4 GB', forged([1, []], undefined, 0xffffffff)],
    ['whose header is not JSON', forged('[1, [')],
    ['whose header is not UTF-8', forged([1, []]).fill(0xff, 8, 10)],
    ['whose header is an object', forged({ value: 1, arrays: [] })],
    ['without its table', forged([1])],
    ['with a table of another type', forged([1, 'none'])],
    ['with an unknown kind', forged([{ $: 0 }, [['bigint64', 0]]])],
    ['with an inherited kind', forged([{ $: 0 }, [['constructor', 0]]])],
    ['with a negative length', forged([{ $: 0 }, [['uint8', -8]]], new Uint8Array(8))],
    ['with a fractional length', forged([{ $: 0 }, [['uint8', 7.5]]], new Uint8Array(8))],
    ['with a length that overflows', forged([{ $: 0 }, [['float64', 2 ** 53 - 1]]], new Uint8Array(8))],
    ['with an array longer than itself', forged([{ $: 0 }, [['float32', 1_000_000_000]]], new Uint8Array(8))],
    ['with an array that nothing names', forged([1, [['uint8', 8]]], new Uint8Array(8))],
    ['that names one array twice', forged([[{ $: 0 }, { $: 0 }], [['uint8', 8]]], new Uint8Array(8))],
    ['that names an array it has not', forged([{ $: 3 }, []])],
    ['that names a fraction of an array', forged([{ $: 0.5 }, [['uint8', 8]]], new Uint8Array(8))],
    ['with an unknown stand-in', forged([{ $: 'toString' }, []])],
    ['with a stand-in that is an object', forged([{ $: {} }, []])],
    ['with an unescaped key', forged([{ $a: 1 }, []])],
    ['with a stand-in among fields', forged([{ $: 0, b: 1 }, []])],
    ['that sets a prototype', forged('[{"a":{"__proto__":{"isAdmin":true}}},[]]')],
    ['nested 100,000 deep', forged(`[${'['.repeat(100_000)}${']'.repeat(100_000)},[]]`)],
    ['with 200,000 empty arrays', forged([1, Array.from({ length: 200_000 }, () => ['uint8', 0])])],
  ])('%s is refused by name', (_what, message) => {
    expect(errorOf(() => decodeMessage(message)).code).toBe('rpc/malformed');
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it('of any bytes either decodes or is refused by name', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: valid.length - 1 }), fc.nat({ max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        (edits) => {
          const message = valid.slice();
          for (const [at, byte] of edits) message[at] = byte;
          let value: unknown;
          try {
            value = decodeMessage(message);
          } catch (error) {
            expect((error as WorkbenchError).code).toBe('rpc/malformed');
            return;
          }
          // What decodes is a value that could have been sent.
          assert.deepEqual(decodeMessage(encodeMessage(value)), value);
        },
      ),
      { seed: 9, numRuns: 2000 },
    );
  });
});
