import type { ByteSource } from '../../byte-source.ts';
import { refusal } from '../../refusal.ts';

/** The largest pickle that is read: the listing of 100,000 tensors takes 20 MiB. */
export const MAX_PICKLE_BYTES = 64 * 2 ** 20;
const CHUNK_BYTES = 256 * 2 ** 10;

/** The bytes of a pickle one after another; none is asked for beyond its end. */
export class PickleCursor {
  /** Offset in the source of the next byte. */
  at: number;
  readonly start: number;
  /** For messages. */
  readonly where: string;
  private readonly source: ByteSource;
  private readonly end: number;
  private chunk: Uint8Array = new Uint8Array(0);
  private chunkStart = 0;

  /** @param start  where the pickle begins; it may reach to the source's end */
  constructor(source: ByteSource, start: number, where: string) {
    this.source = source;
    this.start = start;
    this.at = start;
    this.end = Math.min(source.size, start + MAX_PICKLE_BYTES);
    this.where = where;
  }

  get remaining(): number {
    return this.end - this.at;
  }

  byte(): number {
    this.require(1);
    // First, for it may replace the chunk.
    const index = this.advance(1);
    return this.chunk[index]!;
  }

  /** @returns a view, valid until the next call */
  bytes(length: number): Uint8Array {
    this.require(length);
    if (length > CHUNK_BYTES) {
      this.at += length;
      return this.source.read(this.at - length, length);
    }
    const from = this.advance(length);
    return this.chunk.subarray(from, from + length);
  }

  /** An unsigned little-endian integer of 1 to 8 bytes. */
  unsigned(width: number): number {
    const bytes = this.bytes(width);
    let value = 0;
    for (let i = width - 1; i >= 0; i--) value = value * 256 + bytes[i]!;
    return value;
  }

  /** Bytes up to a line feed, which is taken and left out. */
  line(most: number): Uint8Array {
    const found: number[] = [];
    for (let byte = this.byte(); byte !== 0x0a; byte = this.byte()) {
      if (found.length === most) {
        throw refusal('pickle-text', this.where, `a line of at most ${most} bytes`, 'a longer one');
      }
      found.push(byte);
    }
    return Uint8Array.from(found);
  }

  private require(length: number): void {
    if (length <= this.remaining) return;
    if (this.end < this.source.size && this.at - this.start + length > MAX_PICKLE_BYTES) {
      throw refusal(
        'pickle-size',
        this.where,
        `a pickle of at most ${MAX_PICKLE_BYTES} bytes`,
        'a longer one',
      );
    }
    throw refusal(
      'pickle-truncated',
      this.where,
      `${length} more bytes at byte ${this.at - this.start}`,
      `${this.remaining}`,
    );
  }

  /** Index in the chunk of the next `length` bytes, at most a chunk of them. */
  private advance(length: number): number {
    const inside = this.at - this.chunkStart;
    if (inside < 0 || inside + length > this.chunk.length) {
      this.chunk = this.source.read(this.at, Math.min(CHUNK_BYTES, this.end - this.at));
      this.chunkStart = this.at;
      this.at += length;
      return 0;
    }
    this.at += length;
    return inside;
  }
}
