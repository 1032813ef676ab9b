/** Writes ZIP archives for tests, whole or damaged in any place that a reader looks at. */
import zlib from 'node:zlib';

/** One member; everything but `name` and `data` is there to be wrong. */
export interface TestMember {
  name: string;
  data: Uint8Array;
  /** 8 deflates the data. */
  method?: number;
  flags?: number;
  /** Padding in the local header so that the content begins at a multiple of this, as torch writes it. */
  align?: number;
  /** `signed` and `bare` with 32-bit sizes, `wide` with signature and 64-bit sizes. Sets flag bit 3. */
  descriptor?: 'signed' | 'bare' | 'wide';
  /** The content as it lies in the file, instead of what `method` makes of `data`. */
  packed?: Uint8Array;
  /** What both headers and the descriptor say instead of the truth. */
  crc?: number;
  size?: number;
  compressedSize?: number;
  extra?: Uint8Array;
  /** What one of the two headers says instead. */
  local?: Partial<HeaderFields>;
  central?: Partial<HeaderFields> & { header?: number };
  /** What the descriptor says instead. */
  described?: { crc?: number; size?: number; compressedSize?: number };
  /** Bytes before the local header that belong to no member. */
  gap?: Uint8Array;
}

interface HeaderFields {
  nameBytes: Uint8Array;
  flags: number;
  method: number;
  crc: number;
  size: number;
  compressedSize: number;
  extra: Uint8Array;
}

export interface TestArchive {
  /** Bytes before everything; offsets count from the end of them unless `shifted`. */
  before?: Uint8Array;
  shifted?: boolean;
  after?: Uint8Array;
  comment?: Uint8Array;
  commentLength?: number;
  /** Bytes between the last member and the directory, and between that and the end record. */
  beforeDirectory?: Uint8Array;
  afterDirectory?: Uint8Array;
  /** Writes the zip64 end record and locator as well. */
  zip64?: boolean;
  wide?: { members?: bigint; size?: bigint; offset?: bigint; at?: bigint };
  /** What the end record says instead. */
  end?: { disk?: number; here?: number; members?: number; size?: number; offset?: number };
}

export function zipOf(members: readonly TestMember[], archive: TestArchive = {}): Uint8Array {
  const parts: Uint8Array[] = [];
  let place = archive.shifted === true ? (archive.before?.length ?? 0) : 0;
  const put = (bytes: Uint8Array | undefined) => {
    if (bytes === undefined) return;
    parts.push(bytes);
    place += bytes.length;
  };
  const entries: Uint8Array[] = [];
  for (const member of members) {
    put(member.gap);
    const header = place;
    const packed = member.packed ?? (member.method === 8 ? zlib.deflateRawSync(member.data) : member.data);
    const fields: HeaderFields = {
      nameBytes: new TextEncoder().encode(member.name),
      flags: (member.flags ?? 0) | (member.descriptor === undefined ? 0 : 8),
      method: member.method ?? 0,
      crc: member.crc ?? zlib.crc32(member.data),
      size: member.size ?? member.data.length,
      compressedSize: member.compressedSize ?? packed.length,
      extra: member.extra ?? new Uint8Array(0),
    };
    const hidden = member.descriptor === undefined ? {} : { crc: 0, size: 0, compressedSize: 0 };
    const local = { ...fields, ...hidden, ...member.local };
    if (member.align !== undefined)
      local.extra = paddingFor(header + 30 + local.nameBytes.length, member.align);
    put(numbers([4, 0x04034b50], [2, 0], ...shared(local)));
    put(local.nameBytes);
    put(local.extra);
    put(packed);
    if (member.descriptor !== undefined) {
      const { crc, size, compressedSize } = { ...fields, ...member.described };
      const width = member.descriptor === 'wide' ? 8 : 4;
      if (member.descriptor !== 'bare') put(numbers([4, 0x08074b50]));
      put(numbers([4, crc], [width, compressedSize], [width, size]));
    }
    const central = { ...fields, ...member.central };
    entries.push(
      numbers(
        [4, 0x02014b50],
        [2, 0],
        [2, 0],
        ...shared(central),
        [2, 0],
        [2, 0],
        [2, 0],
        [4, 0],
        [4, member.central?.header ?? header],
      ),
      central.nameBytes,
      central.extra,
    );
  }
  put(archive.beforeDirectory);
  const offset = place;
  for (const entry of entries) put(entry);
  const size = place - offset;
  put(archive.afterDirectory);
  const isWide = archive.zip64 === true;
  if (isWide) {
    const { wide = {} } = archive;
    const at = place;
    const count = wide.members ?? members.length;
    put(
      numbers(
        [4, 0x06064b50],
        [8, 44],
        [2, 45],
        [2, 45],
        [4, 0],
        [4, 0],
        [8, count],
        [8, count],
        [8, wide.size ?? size],
        [8, wide.offset ?? offset],
      ),
    );
    put(numbers([4, 0x07064b50], [4, 0], [8, wide.at ?? at], [4, 1]));
  }
  const { end = {}, comment = new Uint8Array(0) } = archive;
  put(
    numbers(
      [4, 0x06054b50],
      [2, end.disk ?? 0],
      [2, end.disk ?? 0],
      [2, end.here ?? end.members ?? members.length],
      [2, end.members ?? members.length],
      [4, end.size ?? size],
      [4, end.offset ?? offset],
      [2, archive.commentLength ?? comment.length],
    ),
  );
  put(comment);
  put(archive.after);
  return Uint8Array.from(Buffer.concat([archive.before ?? new Uint8Array(0), ...parts]));
}

/** The zip64 extra field with these numbers. */
export function zip64Extra(...values: (number | bigint)[]): Uint8Array {
  return numbers([2, 1], [2, 8 * values.length], ...values.map((value) => [8, value] as const));
}

/** Little-endian integers of 2, 4 or 8 bytes. */
export function numbers(...fields: (readonly [2 | 4 | 8, number | bigint])[]): Uint8Array {
  const bytes = Buffer.alloc(fields.reduce((sum, [width]) => sum + width, 0));
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 8) bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), at);
    else bytes.writeUIntLE(Number(value), at, width);
    at += width;
  }
  return Uint8Array.from(bytes);
}

/** The fields that local header and directory entry have in common, from flags to length of the extra. */
function shared(fields: HeaderFields): (readonly [2 | 4, number])[] {
  return [
    [2, fields.flags],
    [2, fields.method],
    [2, 0],
    [2, 0],
    [4, fields.crc],
    [4, fields.compressedSize],
    [4, fields.size],
    [2, fields.nameBytes.length],
    [2, fields.extra.length],
  ];
}

function paddingFor(place: number, align: number): Uint8Array {
  const length = (align - ((place + 4) % align)) % align;
  return Uint8Array.from([0x46, 0x42, length & 255, length >> 8, ...new Array<number>(length).fill(0x5a)]);
}
