import fc from 'fast-check';
import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../byte-source.ts';
import { codeOf } from '../testing.ts';
import { openZip } from './index.ts';
import type { ZipArchive, ZipRules } from './index.ts';
import { numbers, zip64Extra, zipOf } from './testing.ts';
import type { TestArchive, TestMember } from './testing.ts';

const SEED = 20261122;
const TORCH: ZipRules = { methods: 'stored', names: 'folded' };
const ANY: ZipRules = { methods: 'stored-or-deflated', names: 'exact' };

function text(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}

function open(bytes: Uint8Array, rules = ANY): ZipArchive {
  return openZip(bytesSource('test.zip', bytes), rules);
}

function readAll(archive: ZipArchive): Map<string, string> {
  return new Map(
    archive.members.map((member) => [member.name, Buffer.from(archive.read(member, 1e6)).toString('hex')]),
  );
}

const A: TestMember = { name: 'x/a', data: text('the first member') };
const B: TestMember = { name: 'x/b', data: text('the second') };

const member = fc.record({
  data: fc.uint8Array({ maxLength: 300 }),
  method: fc.constantFrom(0, 8),
  align: fc.constantFrom(1, 64),
  descriptor: fc.constantFrom(undefined, 'signed', 'bare', 'wide'),
  flags: fc.constantFrom(0, 0x800),
});
const archive = fc
  .tuple(fc.array(member, { maxLength: 6 }), fc.uint8Array({ maxLength: 40 }), fc.boolean())
  // A comment may not hold an end record; four random bytes hardly ever are one.
  .map(([members, comment, zip64]) => ({
    members: members.map(({ descriptor, ...rest }, i): TestMember => ({
      name: `top/${i}.bin`,
      ...rest,
      ...(descriptor === undefined ? {} : { descriptor }),
    })),
    comment,
    zip64,
  }));

describe('whole archives', () => {
  it('gives back every member, however it was written', () => {
    fc.assert(
      fc.property(archive, ({ members, comment, zip64 }) => {
        const opened = open(zipOf(members, { comment, zip64 }));
        expect(opened.members.map(({ name }) => name)).toEqual(members.map(({ name }) => name));
        for (const [i, { data, method }] of members.entries()) {
          const found = opened.members[i]!;
          expect(found.size).toBe(data.length);
          expect(Uint8Array.from(opened.read(found, 300))).toEqual(Uint8Array.from(data));
          expect(opened.peek(found, 10)).toHaveLength(Math.min(10, data.length));
          if (method === 8) continue;
          expect(Buffer.concat([...opened.stream(found)]).equals(Buffer.from(data))).toBe(true);
          const middle = Math.floor(data.length / 2);
          expect(opened.slice(found, middle, data.length)).toEqual(Uint8Array.from(data.subarray(middle)));
        }
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('reads names in UTF-8, and zip64 numbers where 32 bits are full', () => {
    const opened = open(zipOf([{ ...A, name: 'é/数', flags: 0x800 }]));
    expect(opened.member('é/数')?.size).toBe(16);
    expect(opened.member('e')).toBeNull();
    const wide: TestMember = {
      ...A,
      central: { size: 0xffffffff, compressedSize: 0xffffffff, extra: zip64Extra(16, 16) },
      local: { size: 0xffffffff, compressedSize: 0xffffffff, extra: zip64Extra(16, 16) },
    };
    expect(readAll(open(zipOf([wide])))).toEqual(readAll(open(zipOf([A]))));
  });

  it('takes the offset that torch adds to local headers beyond 4 GB', () => {
    const second: TestMember = { ...B, descriptor: 'wide', local: { crc: 0, size: 0, compressedSize: 0 } };
    const at = zipOf([A]).length - 22 - 46 - 3;
    const bytes = zipOf([A, { ...second, local: { ...second.local, extra: zip64Extra(at) } }], {
      zip64: true,
    });
    expect(readAll(open(bytes)).size).toBe(2);
  });

  it('finds nothing in an empty archive', () => {
    expect(open(zipOf([])).members).toEqual([]);
  });

  it('does not hand out more than it was allowed, nor what lies outside a member', () => {
    const opened = open(zipOf([A]));
    const [first] = opened.members;
    expect(codeOf(() => opened.read(first!, 15))).toBe('checkpoint/zip-budget');
    expect(codeOf(() => opened.slice(first!, 0, 17))).toBe('checkpoint/truncated');
    expect(codeOf(() => opened.slice(first!, -1, 4))).toBe('checkpoint/truncated');
  });
});

describe('refusals', () => {
  const big = new Uint8Array(5000);
  const cases: [string, readonly TestMember[], TestArchive, string][] = [
    ['the flag for encryption', [{ ...A, flags: 0x1 }], {}, 'zip-flags'],
    ['the flag for patched data', [{ ...A, flags: 0x20 }], {}, 'zip-flags'],
    ['the flag for strong encryption', [{ ...A, flags: 0x40 }], {}, 'zip-flags'],
    ['the flag for a masked header', [{ ...A, flags: 0x2000 }], {}, 'zip-flags'],
    ['flags in the local header alone', [{ ...A, local: { flags: 1 } }], {}, 'zip-headers-disagree'],
    [
      'another name in the local header',
      [{ ...A, local: { nameBytes: text('x/A') } }],
      {},
      'zip-headers-disagree',
    ],
    [
      'a longer name in the local header',
      [{ ...A, local: { nameBytes: text('x/aa') } }],
      {},
      'zip-headers-disagree',
    ],
    ['another method in the local header', [{ ...A, local: { method: 8 } }], {}, 'zip-headers-disagree'],
    ['another size in the local header', [{ ...A, local: { size: 15 } }], {}, 'zip-headers-disagree'],
    ['another CRC in the local header', [{ ...A, local: { crc: 1 } }], {}, 'zip-headers-disagree'],
    ['a hidden CRC without a descriptor', [{ ...A, local: { crc: 0 } }], {}, 'zip-headers-disagree'],
    [
      'a descriptor with another CRC',
      [{ ...A, descriptor: 'signed', described: { crc: 5 } }],
      {},
      'zip-headers-disagree',
    ],
    [
      'a descriptor with another size',
      [{ ...A, descriptor: 'wide', described: { size: 5 } }],
      {},
      'zip-headers-disagree',
    ],
    ['a flag for a descriptor that is not there', [{ ...A, flags: 8 }], {}, 'zip-overlap'],
    [
      'bytes behind a descriptor',
      [
        { ...A, descriptor: 'signed' },
        { ...B, gap: text('??') },
      ],
      {},
      'zip-outside',
    ],
    ['no local header where one should be', [{ ...A, central: { header: 3 } }], {}, 'zip-outside'],
    ['the same name twice', [A, A], {}, 'zip-duplicate'],
    [
      'names that differ by Unicode form',
      [
        { ...A, name: 'é', flags: 0x800 },
        { ...A, name: 'e\u0301', flags: 0x800 },
      ],
      {},
      'zip-duplicate',
    ],
    ['a parent folder in a name', [{ ...A, name: 'x/../../a' }], {}, 'zip-path'],
    ['an absolute name', [{ ...A, name: '/etc/passwd' }], {}, 'zip-path'],
    ['a drive in a name', [{ ...A, name: 'C:a' }], {}, 'zip-path'],
    ['a backslash in a name', [{ ...A, name: 'x\\a' }], {}, 'zip-path'],
    ['a folder as a member', [{ ...A, name: 'x/' }], {}, 'zip-path'],
    ['an empty name', [{ ...A, name: '' }], {}, 'zip-name'],
    ['a zero byte in a name', [{ ...A, name: 'a\0.npy' }], {}, 'zip-name'],
    ['a name of 2000 bytes', [{ ...A, name: 'a'.repeat(2000) }], {}, 'zip-name'],
    ['bytes above ASCII without the flag', [{ ...A, name: 'é' }], {}, 'zip-name'],
    [
      'a name that is not UTF-8',
      [
        {
          ...A,
          flags: 0x800,
          local: { nameBytes: Uint8Array.of(0xff) },
          central: { nameBytes: Uint8Array.of(0xff) },
        },
      ],
      {},
      'zip-name',
    ],
    [
      'two entries on one member',
      [A, { ...A, central: { header: 0, nameBytes: text('x/c') } }],
      {},
      'zip-overlap',
    ],
    ['a member that reaches into the next', [{ ...A, size: 30, compressedSize: 30 }, B], {}, 'zip-overlap'],
    [
      'a member that reaches into the directory',
      [{ ...A, size: 30, compressedSize: 30 }],
      {},
      'zip-truncated',
    ],
    ['a member beyond the file', [{ ...A, size: 1e9, compressedSize: 1e9 }], {}, 'zip-truncated'],
    ['a stored member of two sizes', [{ ...A, size: 15 }], {}, 'zip-sizes'],
    ['a method that is not known', [{ ...A, method: 12 }], {}, 'zip-method'],
    ['bytes between members', [A, { ...B, gap: text('?') }], {}, 'zip-outside'],
    ['a hidden member between members', [A, { ...B, gap: zipOf([A]).subarray(0, 49) }], {}, 'zip-outside'],
    ['bytes before the archive', [A], { before: text('#!/bin/sh') }, 'zip-outside'],
    ['bytes before it that offsets allow for', [A], { before: text('GIF89a'), shifted: true }, 'zip-outside'],
    ['bytes after the archive', [A], { after: text('more') }, 'zip-truncated'],
    ['bytes before the directory', [A], { beforeDirectory: text('more') }, 'zip-outside'],
    ['bytes after the directory', [A], { afterDirectory: text('more') }, 'zip-outside'],
    ['a comment shorter than declared', [A], { comment: text('hi'), commentLength: 9 }, 'zip-truncated'],
    ['a comment longer than declared', [A], { comment: text('hi there'), commentLength: 2 }, 'zip-truncated'],
    ['an end record in the comment', [A], { comment: Uint8Array.from([...zipOf([]), 1]) }, 'zip-two-ends'],
    ['a whole archive in the comment', [A], { comment: zipOf([B]) }, 'zip-outside'],
    ['more members than there are', [A], { end: { members: 2 } }, 'zip-directory'],
    ['fewer members than there are', [A, B], { end: { members: 1 } }, 'zip-directory'],
    ['a directory beyond the file', [A], { end: { size: 1e9 } }, 'zip-directory'],
    ['a directory at another place', [A], { end: { offset: 4 } }, 'zip-outside'],
    ['a second disk', [A], { end: { disk: 1 } }, 'zip-disks'],
    ['members on another disk', [A], { end: { here: 0 } }, 'zip-disks'],
    [
      'more members than the file has bytes',
      [],
      { zip64: true, wide: { members: 100_001n, size: 0n }, end: { members: 0xffff } },
      'zip64',
    ],
    ['full fields without zip64', [A], { end: { offset: 0xffffffff } }, 'zip64'],
    ['zip64 that disagrees', [A, B], { zip64: true, wide: { members: 1n } }, 'zip64'],
    ['zip64 at another place', [A], { zip64: true, wide: { at: 3n } }, 'zip64'],
    [
      'zip64 offsets of 2^63',
      [A],
      { zip64: true, wide: { offset: 2n ** 63n }, end: { offset: 0xffffffff } },
      'zip64',
    ],
    ['a zip64 number that no field asks for', [{ ...A, central: { extra: zip64Extra(7) } }], {}, 'zip64'],
    ['a full size without zip64 number', [{ ...A, central: { size: 0xffffffff } }], {}, 'zip64'],
    [
      'a size of 2^60',
      [{ ...A, method: 8, central: { size: 0xffffffff, extra: zip64Extra(2n ** 60n) } }],
      {},
      'zip64',
    ],
    [
      'two zip64 fields',
      [
        {
          ...A,
          central: { size: 0xffffffff, extra: Uint8Array.from([...zip64Extra(16), ...zip64Extra(17)]) },
        },
      ],
      {},
      'zip64',
    ],
    [
      'other zip64 numbers in the local header',
      [{ ...A, local: { extra: zip64Extra(99) } }],
      {},
      'zip-headers-disagree',
    ],
    [
      'an extra field longer than its room',
      [{ ...A, extra: numbers([2, 0x4246], [2, 50]) }],
      {},
      'zip-extra',
    ],
    [
      'a second name in an extra field',
      [{ ...A, central: { extra: numbers([2, 0x7075], [2, 0]) } }],
      {},
      'zip-extra',
    ],
    ['AES in an extra field', [{ ...A, extra: numbers([2, 0x9901], [2, 0]) }], {}, 'zip-extra'],
  ];

  it.each(cases)('refuses %s', (_, members, options, code) => {
    expect(codeOf(() => open(zipOf(members, options)))).toBe(`checkpoint/${code}`);
  });

  const damaged: [string, TestMember, string][] = [
    ['a wrong CRC', { ...A, crc: 5 }, 'zip-crc'],
    ['a wrong CRC of a deflated member', { ...A, method: 8, crc: 5 }, 'zip-crc'],
    ['a bomb that says it is small', { ...A, method: 8, packed: zlib.deflateRawSync(big) }, 'zip-inflate'],
    ['less content than declared', { ...A, method: 8, size: 17 }, 'zip-inflate'],
    ['what is no deflated stream', { ...A, method: 8, packed: Uint8Array.of(255, 255, 255) }, 'zip-inflate'],
    [
      'a deflated stream that breaks off',
      { ...A, method: 8, packed: zlib.deflateRawSync(A.data).subarray(0, 9) },
      'zip-inflate',
    ],
    [
      'bytes behind a deflated stream',
      { ...A, method: 8, packed: Buffer.concat([zlib.deflateRawSync(A.data), text('PK')]) },
      'zip-inflate',
    ],
  ];

  it.each(damaged)('refuses %s when it is read', (_, damagedMember, code) => {
    const opened = open(zipOf([damagedMember, B]));
    const [first] = opened.members;
    expect(codeOf(() => opened.read(first!, 1e6))).toBe(`checkpoint/${code}`);
  });

  it('hands out no part of a stored member whose CRC is wrong', () => {
    const opened = open(zipOf([{ ...A, crc: 5 }, B]));
    const [first, second] = opened.members;
    expect(codeOf(() => opened.slice(first!, 0, 1))).toBe('checkpoint/zip-crc');
    expect(codeOf(() => opened.stream(first!)[Symbol.iterator]().next())).toBe('checkpoint/zip-crc');
    expect(opened.slice(second!, 0, 3)).toEqual(text('the'));
  });

  it('asks more of torch files: nothing compressed, and no names that differ by case', () => {
    const packed = zipOf([A, { ...B, method: 8 }]);
    expect(codeOf(() => open(packed, TORCH))).toBe('checkpoint/zip-compressed');
    const cased = zipOf([A, { ...B, name: 'X/A' }]);
    expect(codeOf(() => open(cased, TORCH))).toBe('checkpoint/zip-duplicate');
    expect(codeOf(() => open(cased))).toBe('accepted');
  });

  it('refuses more members than the limit before it reads them', () => {
    const directory = new Uint8Array(46 * 100_001);
    const bytes = zipOf([], {
      zip64: true,
      afterDirectory: directory,
      wide: { members: 100_001n, size: BigInt(directory.length), at: BigInt(directory.length) },
      end: { members: 0xffff, size: directory.length },
    });
    expect(codeOf(() => open(bytes))).toBe('checkpoint/zip-members');
  });
});

describe('damage', () => {
  const outcome = (bytes: Uint8Array): Map<string, string> | string => {
    let found = new Map<string, string>();
    const code = codeOf(() => (found = readAll(open(bytes))));
    return code === 'accepted' ? found : code;
  };

  it('refuses every truncation', () => {
    fc.assert(
      fc.property(archive, fc.nat(), ({ members, comment, zip64 }, place) => {
        const bytes = zipOf(members, { comment, zip64 });
        expect(outcome(bytes.subarray(0, place % bytes.length))).toMatch(/^checkpoint\//);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('never reads another member or other content after one bit was flipped', () => {
    fc.assert(
      fc.property(archive, fc.nat(), fc.nat({ max: 7 }), ({ members, comment, zip64 }, place, bit) => {
        const bytes = zipOf(members, { comment, zip64 });
        const whole = outcome(bytes);
        const at = place % bytes.length;
        bytes[at]! ^= 1 << bit;
        const found = outcome(bytes);
        // Dates, versions, attributes and the comment say nothing about content.
        if (typeof found === 'string') expect(found).toMatch(/^checkpoint\//);
        else expect(found).toEqual(whole);
      }),
      { seed: SEED, numRuns: 1500 },
    );
  });
});
