import path from 'node:path';
import { WorkbenchError } from '#contract/errors.ts';
import { fileSource } from '../byte-source.ts';
import type { ByteSource } from '../byte-source.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { requireTensor } from '../pieces.ts';
import { quoted, refusal } from '../refusal.ts';
import { openSafetensors } from '../safetensors/index.ts';
import { parseIndex } from './index-file.ts';

const MAX_INDEX_BYTES = 16 * 2 ** 20;
/** Each is an open file; systems allow a process 256 or more. */
const MAX_SHARDS = 200;

/**
 * A checkpoint in several safetensors files beside their index. Every tensor lies in the shard that
 * the index names, and the shards hold no other.
 *
 * @param source  the index itself, closed with what is opened; where this throws, it stays open
 * @param folder  where it and its shards lie
 * @throws WorkbenchError `checkpoint/not-an-index`, `index-too-large`, `shard-name`, `shard-missing`,
 *   `shard-tensors`, and what the reader of safetensors refuses
 */
export function openSharded(source: ByteSource, folder: string): Checkpoint {
  const { name, size } = source;
  let text: string;
  try {
    if (size > MAX_INDEX_BYTES) {
      throw refusal('index-too-large', name, `an index of at most ${MAX_INDEX_BYTES} bytes`, `${size}`);
    }
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(source.read(0, size));
  } catch (error) {
    if (error instanceof WorkbenchError) throw error;
    throw refusal('header-not-utf8', name, 'an index in UTF-8', 'bytes that are not');
  }
  const { weightMap, metadata } = parseIndex(text, name);
  const expected = namesByFile(weightMap);
  const files = [...expected.keys()];
  if (files.length > MAX_SHARDS)
    throw refusal('shard-tensors', name, `at most ${MAX_SHARDS} shards`, `${files.length}`);
  const shards = new Map<string, Checkpoint>();
  const closeShards = () => shards.forEach((shard) => shard.close());
  try {
    for (const file of files) shards.set(file, openShard(folder, file));
    for (const [file, shard] of shards) checkShard(file, shard, expected.get(file)!, weightMap);
  } catch (error) {
    closeShards();
    throw error;
  }
  return {
    format: 'safetensors-sharded',
    tensors: [...shards.values()].flatMap(({ tensors }) => tensors),
    metadata: new Map([...metadata, ...[...shards.values()].flatMap((shard) => [...shard.metadata])]),
    facts: new Map(),
    inert: [],
    warnings: [],
    fileBytes: size + [...shards.values()].reduce((sum, { fileBytes }) => sum + fileBytes, 0),
    pieces: (tensor, from, to) => shards.get(requireTensor(weightMap, tensor))!.pieces(tensor, from, to),
    close() {
      closeShards();
      source.close();
    },
  };
}

function openShard(folder: string, file: string): Checkpoint {
  let source: ByteSource;
  try {
    source = fileSource(path.join(folder, file));
  } catch (error) {
    if (!(error instanceof WorkbenchError)) throw error;
    throw refusal('shard-missing', file, 'a shard beside the index', 'none');
  }
  try {
    return openSafetensors(source);
  } catch (error) {
    source.close();
    if (!(error instanceof WorkbenchError)) throw error;
    throw new WorkbenchError(error.code, `${file}: ${error.message}`, { ...(error.detail as object), file });
  }
}

function namesByFile(weightMap: ReadonlyMap<string, string>): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const [tensor, file] of weightMap) {
    const others = names.get(file);
    if (others === undefined) names.set(file, [tensor]);
    else others.push(tensor);
  }
  return names;
}

/** The shard holds the tensors that the index says it holds, and no other. */
function checkShard(
  file: string,
  shard: Checkpoint,
  expected: readonly string[],
  weightMap: ReadonlyMap<string, string>,
): void {
  const held = new Set(shard.tensors.map(({ name }) => name));
  for (const name of held) {
    const named = weightMap.get(name);
    if (named !== file) {
      const elsewhere = named === undefined ? 'does not name' : `says is in ${quoted(named)}`;
      const found = `${quoted(name)}, which the index ${elsewhere}`;
      throw refusal('shard-tensors', file, 'only tensors that the index says are in it', found);
    }
  }
  const missing = expected.find((name) => !held.has(name));
  if (missing !== undefined) {
    throw refusal(
      'shard-tensors',
      file,
      `the tensor ${quoted(missing)}, as the index says`,
      'no such tensor',
    );
  }
}
