/**
 * Values as text, for the ways into a page that carry nothing else: what structured cloning keeps
 * and our wires use. Both functions are also run in the page, from their source.
 */
export function pack(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part === undefined) return { $: 'undefined' };
    if (typeof part === 'number' && !Number.isFinite(part)) return { $: 'number', text: String(part) };
    if (!ArrayBuffer.isView(part)) return part;
    const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    const text =
      typeof Buffer === 'function'
        ? Buffer.from(bytes).toString('base64')
        : (bytes as Uint8Array & { toBase64(): string }).toBase64();
    const kind = Object.prototype.toString.call(part).slice('[object '.length, -1);
    return { $: kind, text };
  });
}

export function unpack(packed: string): unknown {
  function bytesFrom(text: string): Uint8Array<ArrayBuffer> {
    if (typeof Buffer === 'function') return Uint8Array.from(Buffer.from(text, 'base64'));
    return (Uint8Array as unknown as { fromBase64(text: string): Uint8Array<ArrayBuffer> }).fromBase64(text);
  }
  function restore(part: unknown): unknown {
    if (Array.isArray(part)) return part.map(restore);
    if (typeof part !== 'object' || part === null) return part;
    const { $: kind, text } = part as { $?: string; text?: string };
    if (kind === undefined) {
      return Object.fromEntries(Object.entries(part).map(([key, each]) => [key, restore(each)]));
    }
    if (kind === 'undefined') return undefined;
    if (kind === 'number') return Number(text);
    const { buffer } = bytesFrom(text ?? '');
    if (kind === 'Float32Array') return new Float32Array(buffer);
    if (kind === 'Float64Array') return new Float64Array(buffer);
    if (kind === 'Int32Array') return new Int32Array(buffer);
    if (kind === 'Uint8Array') return new Uint8Array(buffer);
    throw new Error(`The stand-in does not carry a ${kind}`);
  }
  return restore(JSON.parse(packed));
}
