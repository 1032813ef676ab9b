import type { ByteSource } from '../byte-source.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { byteRanges, normaliseBooleans, requireTensor } from '../pieces.ts';
import { readLayout } from './layout.ts';

/**
 * A safetensors file whose header alone is read now and whose tensors are read when they are asked
 * for. Closing it closes the source.
 *
 * @throws WorkbenchError `checkpoint/...`
 */
export function openSafetensors(source: ByteSource): Checkpoint {
  const { entries, metadata, dataStart } = readLayout(source.size, (offset, length) =>
    source.read(offset, length),
  );
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return {
    format: 'safetensors',
    tensors: entries.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    metadata,
    facts: new Map(),
    inert: [],
    warnings: [],
    fileBytes: source.size,
    *pieces(name, from, to) {
      const entry = requireTensor(byName, name);
      for (const { offset, length } of byteRanges(entry, from, to)) {
        const piece = source.read(dataStart + entry.begin + offset, length);
        yield entry.dtype === 'BOOL' ? normaliseBooleans(piece) : piece;
      }
    },
    close: () => source.close(),
  };
}
