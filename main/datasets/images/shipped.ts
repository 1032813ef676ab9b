/** Images that ship with the program, in resources/data, from where this runs: sources, out/main or a package. */
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { WorkbenchError } from '#contract/errors.ts';

/** What safetensors says of a tensor of bytes; the other types do not ship. */
const entry = z.strictObject({
  dtype: z.literal('U8'),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

export interface ByteTensor {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

/**
 * The tensors of a file in resources/data.
 * @throws WorkbenchError `dataset/not-shipped`, and as {@link byteTensorsOf}
 */
export function shippedTensors(name: string): Record<string, ByteTensor> {
  const file = shippedFile(name);
  if (file === null) {
    throw new WorkbenchError(
      'dataset/not-shipped',
      `${name}: expected it in resources/data, found no such file`,
      {
        file: name,
      },
    );
  }
  return byteTensorsOf(name, fs.readFileSync(file));
}

function shippedFile(name: string): string | null {
  for (let folder = import.meta.dirname; ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'resources', 'data', name);
    if (fs.existsSync(file)) return file;
    if (folder === path.dirname(folder)) return null;
  }
}

/**
 * A safetensors file of bytes alone, whose tensors fill it without gaps or overlaps.
 * @throws WorkbenchError `dataset/damaged`
 */
export function byteTensorsOf(name: string, bytes: Uint8Array): Record<string, ByteTensor> {
  const damaged = (expected: string) =>
    new WorkbenchError('dataset/damaged', `${name}: expected ${expected}, found otherwise`, { file: name });
  if (bytes.length < 8) throw damaged('a safetensors file');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(bytes.length - 8)) throw damaged('a header inside the file');
  const data = bytes.subarray(8 + Number(length));
  const header = jsonOf(bytes.subarray(8, 8 + Number(length)));
  if (typeof header !== 'object' || header === null) throw damaged('a header in JSON');

  const tensors: Record<string, ByteTensor> = {};
  let at = 0;
  for (const [key, value] of Object.entries(header)) {
    if (key === '__metadata__') continue;
    const { data: found } = entry.safeParse(value);
    const size = found?.shape.reduce((product, n) => product * n, 1);
    if (found?.data_offsets[0] !== at || found.data_offsets[1] !== at + size!) {
      throw damaged(`${key} to be bytes right after those before`);
    }
    tensors[key] = { shape: found.shape, values: data.subarray(at, at + size!) };
    at += size!;
  }
  if (at !== data.length) throw damaged(`${at} bytes of tensors`);
  return tensors;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}
