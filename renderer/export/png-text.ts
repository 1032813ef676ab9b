import { crc32 } from './crc32.ts';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Signature, and IHDR: length, type, 13 bytes, CRC. */
const headerEnd = signature.length + 4 + 4 + 13 + 4;

/**
 * A PNG file with a text in it: an uncompressed iTXt chunk right after the header (PNG, third edition,
 * 11.3.3.4), in UTF-8, with no language.
 *
 * @param keyword  1 to 79 letters of Latin-1
 * @throws Error if the bytes are not a PNG file
 */
export function pngWithText(png: Uint8Array, keyword: string, text: string): Uint8Array<ArrayBuffer> {
  if (png.length < headerEnd || !signature.every((byte, i) => png[i] === byte)) {
    throw new Error('Expected a PNG file, found something else');
  }
  const encoder = new TextEncoder();
  // After the keyword: its end, no compression, no compression method, no language, no translation.
  const data = concatenated(encoder.encode(keyword), Uint8Array.of(0, 0, 0, 0, 0), encoder.encode(text));
  return concatenated(png.subarray(0, headerEnd), chunk('iTXt', data), png.subarray(headerEnd));
}

/** Length, type, data, CRC of type and data; numbers with their high byte first. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const name = new TextEncoder().encode(type);
  return concatenated(uint32(data.length), name, data, uint32(crc32(name, data)));
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** Arrays of bytes one after another. */
function concatenated(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
