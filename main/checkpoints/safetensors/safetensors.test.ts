import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkbenchError } from '#contract/errors.ts';
import { arrayClassOf, bitsOf, dtypeNames, float32Of } from './dtypes.ts';
import type { CheckpointTensor, Dtype } from './dtypes.ts';
import { readSafetensors } from './read.ts';
import { writeSafetensors } from './write.ts';

const SEED = 20250301;

/** A file made of parts, with the true header length unless another is claimed. */
function fileOf(
  header: string | Uint8Array,
  data: Uint8Array = new Uint8Array(0),
  claimed?: bigint,
): Uint8Array {
  const head = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const file = new Uint8Array(8 + head.length + data.length);
  new DataView(file.buffer).setBigUint64(0, claimed ?? BigInt(head.length), true);
  file.set(head, 8);
  file.set(data, 8 + head.length);
  return file;
}

function zeros(count: number): Uint8Array {
  return new Uint8Array(count);
}

function codeOf(file: Uint8Array): string {
  try {
    readSafetensors(file);
  } catch (error) {
    if (error instanceof WorkbenchError) return error.code;
    throw error;
  }
  return 'accepted';
}

const I32 = (shape: string, offsets: string) =>
  `{"test":{"dtype":"I32","shape":${shape},"data_offsets":${offsets}}}`;

const tensor = fc
  .record({
    dtype: fc.constantFrom(...dtypeNames()),
    // Sub-byte elements need a multiple of 8; every other shape is free, rank 0 and size 0 included.
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
  })
  .map(({ dtype, shape }) => ({ dtype, shape: bitsOf(dtype) < 8 ? [...shape, 8] : shape }))
  .chain(({ dtype, shape }) => {
    const size = (shape.reduce((product, dim) => product * dim, 1) * bitsOf(dtype)) / 8;
    return fc.uint8Array({ minLength: size, maxLength: size }).map((bytes): CheckpointTensor => ({
      dtype,
      shape,
      data: new (arrayClassOf(dtype) as typeof Uint8Array)(new Uint8Array(bytes).buffer),
    }));
  });
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('__proto__', 'a"b\\c', 'tab\there', '\u{1F600}', '\uFFFD', 'null\u0000'),
);
const named = fc
  .array(fc.tuple(text, tensor), { maxLength: 6 })
  .map((pairs) => new Map(pairs.filter(([name]) => name !== '__metadata__')));
const metadata = fc.array(fc.tuple(text, text), { maxLength: 4 }).map((pairs) => new Map(pairs));

function bytesOf({ data }: CheckpointTensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function expectSame(found: Map<string, CheckpointTensor>, expected: Map<string, CheckpointTensor>) {
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, { dtype, shape, data }] of expected) {
    const back = found.get(name)!;
    expect(back.dtype).toBe(dtype);
    expect(back.shape).toEqual(shape);
    expect(back.data.constructor).toBe(data.constructor);
    expect(Buffer.compare(bytesOf(back), bytesOf({ dtype, shape, data }))).toBe(0);
  }
}

describe('round trip', () => {
  it('gives back every tensor and all metadata, bit for bit', () => {
    fc.assert(
      fc.property(named, metadata, (tensors, notes) => {
        const back = readSafetensors(writeSafetensors(tensors, notes));
        expectSame(back.tensors, tensors);
        expect([...back.metadata].sort()).toEqual([...notes].sort());
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('is canonical: the order of insertion does not change a byte', () => {
    fc.assert(
      fc.property(named, metadata, (tensors, notes) => {
        const backwards = writeSafetensors(new Map([...tensors].reverse()), new Map([...notes].reverse()));
        expect(Buffer.compare(backwards, writeSafetensors(tensors, notes))).toBe(0);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('aligns every tensor to its element and the data to 8 bytes', () => {
    fc.assert(
      fc.property(named, (tensors) => {
        const file = writeSafetensors(tensors);
        const headerBytes = Number(new DataView(file.buffer).getBigUint64(0, true));
        expect(headerBytes % 8).toBe(0);
        const header = JSON.parse(Buffer.from(file.subarray(8, 8 + headerBytes)).toString()) as Record<
          string,
          { dtype: Dtype; data_offsets: [number, number] }
        >;
        for (const { dtype, data_offsets } of Object.values(header)) {
          expect(data_offsets[0] % Math.max(1, bitsOf(dtype) / 8)).toBe(0);
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('knows the 22 element types of the format', () => {
    expect(dtypeNames()).toHaveLength(22);
    expect(dtypeNames()).toEqual(
      expect.arrayContaining(['F4', 'F6_E2M3', 'F6_E3M2', 'F8_E8M0', 'F8_E4M3FNUZ', 'BF16', 'C64', 'U64']),
    );
  });

  it('reads from the middle of a larger buffer, at any alignment, and keeps no reference to it', () => {
    const data = Float32Array.of(1, -2.5, NaN);
    const file = writeSafetensors(new Map([['x', { dtype: 'F32', shape: [3], data }]]));
    for (let shift = 0; shift < 8; shift++) {
      const larger = Buffer.alloc(file.length + 16, 0xaa);
      larger.set(file, shift);
      const back = readSafetensors(larger.subarray(shift, shift + file.length)).tensors.get('x')!;
      expect(back.data).toEqual(data);
      expect(back.data.buffer.byteLength).toBe(12);
      larger.fill(0);
      expect(back.data).toEqual(data);
    }
  });
});

describe('known bytes', () => {
  it('writes the file that the format documents for one float tensor', () => {
    const data = Float32Array.of(0, 1, 2, 3, 4, 5);
    const file = writeSafetensors(new Map([['attn0', { dtype: 'F32', shape: [1, 1, 2, 3], data }]]));
    const header = '{"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}       ';
    expect(Buffer.from(file.subarray(8, 80)).toString()).toBe(header);
    expect([...file.subarray(0, 8)]).toEqual([72, 0, 0, 0, 0, 0, 0, 0]);
    expect(file.length).toBe(80 + 24);
  });

  it('writes an empty file and one with metadata only', () => {
    expect(Buffer.from(writeSafetensors(new Map())).toString('latin1')).toBe('\b\0\0\0\0\0\0\0{}      ');
    const file = writeSafetensors(new Map(), new Map([['framework', 'pt']]));
    expect(Buffer.from(file.subarray(8)).toString()).toBe('{"__metadata__":{"framework":"pt"}}     ');
  });

  it('reads a scalar, a zero-size tensor and a header padded with any JSON space', () => {
    expect(readSafetensors(fileOf(I32('[]', '[0,4]'), zeros(4))).tensors.get('test')!.data).toEqual(
      Int32Array.of(0),
    );
    expect(readSafetensors(fileOf(I32('[2,0]', '[0, 0]'))).tensors.get('test')!.shape).toEqual([2, 0]);
    expect(readSafetensors(fileOf('{}\r \t\n')).tensors.size).toBe(0);
  });

  it('decodes F16 and BF16 exactly', () => {
    const halves = Uint16Array.of(
      0x0000,
      0x8000,
      0x3c00,
      0xc000,
      0x7bff,
      0x0001,
      0x03ff,
      0x7c00,
      0xfc00,
      0x7e00,
    );
    const f16 = { dtype: 'F16', shape: [10], data: new Uint8Array(halves.buffer) } as const;
    expect(float32Of(f16)).toEqual(
      Float32Array.of(0, -0, 1, -2, 65504, 2 ** -24, 1023 * 2 ** -24, Infinity, -Infinity, NaN),
    );
    const brains = Uint16Array.of(0x3f80, 0xc040, 0x7f80, 0x0080, 0x7fc0);
    const bf16 = { dtype: 'BF16', shape: [5], data: new Uint8Array(brains.buffer) } as const;
    expect(float32Of(bf16)).toEqual(Float32Array.of(1, -3, Infinity, 2 ** -126, NaN));
    expect(float32Of({ dtype: 'F64', shape: [1], data: Float64Array.of(0.1) })).toEqual(Float32Array.of(0.1));
    expect(float32Of({ dtype: 'I32', shape: [1], data: Int32Array.of(1) })).toBeNull();
  });
});

describe('refusals', () => {
  const one = '"dtype":"I32","shape":[2,2],"data_offsets":[0,16]';
  const deep = '['.repeat(100_000);
  const cases: [string, Uint8Array, string][] = [
    ['an empty file', zeros(0), 'header-too-small'],
    ['a file of 7 bytes', zeros(7), 'header-too-small'],
    ['a header beyond 100 MB', fileOf(I32('[2,2]', '[0,16]'), zeros(16), 100_000_001n), 'header-too-large'],
    ['a header of 2^64 - 1', fileOf('{}', zeros(0), 2n ** 64n - 1n), 'header-too-large'],
    // 2^53 + 2 bytes is where a float would start to lie; 2^64 + small wraps in 32-bit readers.
    ['a header of 2^53 + 2', fileOf('{}', zeros(0), 2n ** 53n + 2n), 'header-too-large'],
    ['a header longer than the file', fileOf('{}', zeros(0), 60n), 'header-length'],
    [
      'a claim of 1000 bytes on a small file',
      fileOf(I32('[2,2]', '[0,16]'), zeros(16), 1000n),
      'header-length',
    ],
    ['a header that is not UTF-8', fileOf(Uint8Array.of(0xff)), 'header-not-utf8'],
    ['an overlong UTF-8 slash', fileOf(Uint8Array.of(0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x7d)), 'header-not-utf8'],
    ['an empty header', fileOf(''), 'header-start'],
    ['a header that starts with a space', fileOf('\t\n{}\r '), 'header-start'],
    ['a header that starts with a byte order mark', fileOf('\uFEFF{}'), 'header-start'],
    ['an array as header', fileOf('[]'), 'header-start'],
    ['an unclosed header', fileOf('{'), 'header-json'],
    ['text after the header', fileOf('{}x'), 'header-json'],
    ['two objects', fileOf('{}{}'), 'header-json'],
    ['a trailing comma', fileOf(`{"test":{${one}},}`, zeros(16)), 'header-json'],
    ['a comment', fileOf(`{/**/"test":{${one}}}`, zeros(16)), 'header-json'],
    ['a bare key', fileOf(`{test:{${one}}}`, zeros(16)), 'header-json'],
    ['a lone surrogate in a name', fileOf(`{"\\ud800":{${one}}}`, zeros(16)), 'header-json'],
    ['a bad escape in a name', fileOf(`{"\\x41":{${one}}}`, zeros(16)), 'header-json'],
    ['a raw newline in a name', fileOf(`{"a\nb":{${one}}}`, zeros(16)), 'header-json'],
    ['an unclosed string that ends in a backslash', fileOf('{"a\\'), 'header-json'],
    ['a leading zero', fileOf(I32('[02,2]', '[0,16]'), zeros(16)), 'header-json'],
    ['a repeated name', fileOf(`{"test":{${one}},"test":{${one}}}`, zeros(16)), 'duplicate-key'],
    [
      'a name repeated by an escape',
      fileOf(`{"test":{${one}},"t\\u0065st":{${one}}}`, zeros(16)),
      'duplicate-key',
    ],
    ['a repeated field', fileOf(`{"test":{${one},"shape":[4]}}`, zeros(16)), 'duplicate-key'],
    ['repeated metadata', fileOf('{"__metadata__":{},"__metadata__":{}}'), 'duplicate-key'],
    ['a repeated metadata key', fileOf('{"__metadata__":{"a":"1","a":"2"}}'), 'duplicate-key'],
    ['metadata that is a number', fileOf('{"__metadata__":{"step":3}}'), 'header-field'],
    ['metadata that is null', fileOf('{"__metadata__":null}'), 'header-field'],
    ['a nested bomb', fileOf(`{"a":${deep}`), 'header-field'],
    ['a nested bomb in a shape', fileOf(`{"a":{"dtype":"I32","shape":${deep}`), 'header-field'],
    ['a negative size', fileOf(I32('[-2,2]', '[0,16]'), zeros(16)), 'header-field'],
    ['a fractional size', fileOf(I32('[2.0,2]', '[0,16]'), zeros(16)), 'header-field'],
    ['an exponent', fileOf(I32('[2e0,2]', '[0,16]'), zeros(16)), 'header-field'],
    ['a size as text', fileOf(I32('["2",2]', '[0,16]'), zeros(16)), 'header-field'],
    ['three offsets', fileOf(I32('[2,2]', '[0,16,16]'), zeros(16)), 'header-field'],
    ['one offset', fileOf(I32('[2,2]', '[16]'), zeros(16)), 'header-field'],
    ['a missing dtype', fileOf('{"a":{"shape":[],"data_offsets":[0,0]}}'), 'header-field'],
    ['a missing shape', fileOf('{"a":{"dtype":"U8","data_offsets":[0,0]}}'), 'header-field'],
    ['an unknown field', fileOf(`{"test":{${one},"stride":[1]}}`, zeros(16)), 'header-field'],
    ['a shape of 65 dimensions', fileOf(I32(`[${'1,'.repeat(64)}1]`, '[0,4]'), zeros(4)), 'header-field'],
    [
      'an unknown dtype',
      fileOf('{"a":{"dtype":"f32","shape":[],"data_offsets":[0,4]}}', zeros(4)),
      'unsupported-dtype',
    ],
    [
      'a dtype from the prototype',
      fileOf('{"a":{"dtype":"toString","shape":[],"data_offsets":[0,4]}}', zeros(4)),
      'unsupported-dtype',
    ],
    [
      'a product that overflows',
      fileOf(I32('[2,18446744073709551614]', '[0,16]'), zeros(16)),
      'size-overflow',
    ],
    ['bits that overflow', fileOf(I32('[2,9223372036854775807]', '[0,16]'), zeros(16)), 'size-overflow'],
    // 2^51 elements of 32 bits wrap to zero in 2^53 arithmetic of bits.
    [
      'bits that overflow from safe sizes',
      fileOf(I32('[2251799813685248]', '[0,16]'), zeros(16)),
      'size-overflow',
    ],
    [
      'a number of a million digits',
      fileOf(I32(`[${'9'.repeat(1_000_000)}]`, '[0,16]'), zeros(16)),
      'size-overflow',
    ],
    ['a span too short for its shape', fileOf(I32('[2,2]', '[0,4]'), zeros(4)), 'size-mismatch'],
    ['a hole at the start', fileOf(I32('[2,2]', '[4,20]'), zeros(20)), 'invalid-offsets'],
    ['an end before its begin', fileOf(I32('[2,2]', '[16,0]'), zeros(16)), 'invalid-offsets'],
    ['bytes after the last tensor', fileOf(`{"test":{${one}}}`, zeros(50)), 'incomplete-buffer'],
    ['two missing bytes', fileOf(`{"test":{${one}}}`, zeros(14)), 'incomplete-buffer'],
    ['bytes after no tensor', fileOf('{}', zeros(1)), 'incomplete-buffer'],
    [
      'sub-byte elements that end inside a byte',
      fileOf('{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}', zeros(2)),
      'unaligned-size',
    ],
  ];

  it.each(cases)('refuses %s', (_, file, code) => {
    expect(codeOf(file)).toBe(`checkpoint/${code}`);
  });

  it('refuses ten, and a hundred thousand, tensors on the same bytes', () => {
    for (const count of [10, 100_000]) {
      const members = Array.from(
        { length: count },
        (_, i) => `"weight_${i}":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}`,
      );
      expect(codeOf(fileOf(`{${members.join(',')}}`, zeros(16)))).toBe('checkpoint/invalid-offsets');
    }
  });

  it('names what was expected and found, the file, and its first and last bytes', () => {
    const file = fileOf(I32('[2,2]', '[0,4]'), Uint8Array.of(1, 2, 3, 255));
    expect(() => readSafetensors(file, '/data/model.safetensors')).toThrow(
      'Expected 16 bytes for tensor "test", I32[2, 2], found 4. File: /data/model.safetensors',
    );
    try {
      readSafetensors(file, '/data/model.safetensors');
    } catch (error) {
      expect((error as WorkbenchError).detail).toMatchObject({
        file: '/data/model.safetensors',
        head: expect.stringMatching(/^3b 00 00 00 00 00 00 00 7b/),
        tail: expect.stringMatching(/01 02 03 ff$/),
      });
    }
  });

  it('writes nothing that cannot be read back', () => {
    const data = Float32Array.of(1, 2);
    const write = (name: string, tensor: CheckpointTensor) => () =>
      writeSafetensors(new Map([[name, tensor]]));
    const bad = expect.objectContaining({ code: 'checkpoint/bad-tensor' });
    expect(write('x', { dtype: 'F32', shape: [3], data })).toThrow(bad);
    expect(write('x', { dtype: 'F64', shape: [1], data })).toThrow(bad);
    expect(write('x', { dtype: 'F32', shape: [-1, -2], data })).toThrow(bad);
    expect(write('__metadata__', { dtype: 'F32', shape: [2], data })).toThrow(bad);
    expect(write('\ud800', { dtype: 'F32', shape: [2], data })).toThrow(bad);
    expect(() => writeSafetensors(new Map(), new Map([['a', '\udc00']]))).toThrow(bad);
  });
});

describe('damage', () => {
  /** A named error or a file that was read whole; anything else (a crash) fails the property. */
  function survives(file: Uint8Array): 'refused' | ReturnType<typeof readSafetensors> {
    try {
      return readSafetensors(file);
    } catch (error) {
      if (!(error instanceof WorkbenchError) || !error.code.startsWith('checkpoint/')) throw error;
      return 'refused';
    }
  }

  it('refuses every truncation', () => {
    fc.assert(
      fc.property(
        named,
        metadata,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (t, m, part) => {
          const file = writeSafetensors(t, m);
          expect(survives(file.subarray(0, Math.floor(part * file.length)))).toBe('refused');
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('survives flipped bits: a flip in the data changes one byte of one tensor and nothing else', () => {
    fc.assert(
      fc.property(named, metadata, fc.nat(), fc.nat({ max: 7 }), (tensors, notes, place, bit) => {
        const file = writeSafetensors(tensors, notes);
        const at = place % file.length;
        file[at]! ^= 1 << bit;
        const back = survives(file);
        const dataStart = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
        if (at < 8 || at < dataStart) return;
        expect(back).not.toBe('refused');
        if (back === 'refused') return;
        const changed = [...tensors].filter(
          ([name, tensor]) => Buffer.compare(bytesOf(back.tensors.get(name)!), bytesOf(tensor)) !== 0,
        );
        expect(changed).toHaveLength(1);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('survives random headers made of JSON pieces', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '"dtype"',
      '"F32"',
      '"shape"',
      '"data_offsets"',
      '0',
      '4',
      '-',
      '1e9',
      'null',
      '\\',
      ' ',
      '"__metadata__"',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        survives(fileOf(`{${pieces.join('')}`, zeros(4)));
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });
});
