import { refusal } from '../refusal.ts';
import { viewOf } from './end.ts';

/** What a 32-bit field says whose number stands in the zip64 extra field. */
export const FULL = 0xffffffff;

/** The numbers of the zip64 extra field, or null without one; every field must be well formed. */
export function extraFields(bytes: Uint8Array, where: string): bigint[] | null {
  const view = viewOf(bytes);
  let wide: bigint[] | null = null;
  let at = 0;
  while (at < bytes.length) {
    const end = at + 4 > bytes.length ? Infinity : at + 4 + view.getUint16(at + 2, true);
    if (end > bytes.length)
      throw refusal('zip-extra', where, 'extra fields of the declared length', 'a longer one');
    const id = view.getUint16(at, true);
    // 0x7075 gives the member a second name, 0x0017 and 0x9901 say that it is encrypted.
    if (id === 0x7075 || id === 0x0017 || id === 0x9901) {
      throw refusal('zip-extra', where, 'no extra field for other names or encryption', hex(id));
    }
    if (id === 1) {
      const length = end - at - 4;
      if (wide !== null || length % 8 !== 0 || length > 24) {
        throw refusal('zip64', where, 'one zip64 field of up to three numbers', `${length} bytes`);
      }
      wide = [];
      for (let place = at + 4; place < end; place += 8) wide.push(view.getBigUint64(place, true));
    }
    at = end;
  }
  return wide;
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
