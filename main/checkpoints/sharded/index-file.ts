import { refusal } from '../refusal.ts';
import { JsonScanner, fieldError } from '../safetensors/json-scanner.ts';

/** What a `*.safetensors.index.json` says. */
export interface ShardIndex {
  /** By tensor, the file that holds it. */
  readonly weightMap: ReadonlyMap<string, string>;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * @param where  the index file, for errors
 * @throws WorkbenchError `checkpoint/not-an-index`, `header-json`, `header-field`, `duplicate-key`,
 *   `shard-name`
 */
export function parseIndex(text: string, where: string): ShardIndex {
  const scanner = new JsonScanner(text, where);
  let weightMap: Map<string, string> | null = null;
  const metadata = new Map<string, string>();
  scanner.object(where, (key) => {
    if (key === 'weight_map') weightMap = scanner.stringMap('weight_map');
    else if (key === 'metadata') {
      scanner.object('metadata', (name) => {
        const value = scanner.plain(`metadata ${name}`);
        if (value !== null) metadata.set(name, value);
      });
    } else scanner.plain(where);
  });
  scanner.end();
  if (weightMap === null) {
    throw refusal(
      'not-an-index',
      where,
      'the index of a sharded checkpoint, with a weight_map',
      'another JSON file',
    );
  }
  for (const [tensor, file] of weightMap as Map<string, string>) {
    if (!isPlainName(file)) {
      throw refusal(
        'shard-name',
        where,
        `a file beside the index for ${JSON.stringify(tensor.slice(0, 80))}`,
        JSON.stringify(file.slice(0, 80)),
      );
    }
    if (tensor === '__metadata__') throw fieldError(where, 'names of tensors', tensor);
  }
  return { weightMap, metadata };
}

/** A name that leads nowhere but to a file of the same folder, on any system. */
function isPlainName(name: string): boolean {
  return name.length <= 255 && !/[/\\:\p{Cc}]/u.test(name) && name !== '' && name !== '.' && name !== '..';
}
