/** What the `config.json` beside a file of diffusers says of it, or a JSON file of its own name. */
import fs from 'node:fs';
import path from 'node:path';
import { isFolder } from '../../checkpoints/byte-source.ts';

const MOST_BYTES = 1_000_000;
const MOST_FACTS = 1000;
const MOST_CHARACTERS = 200;
const MOST_DEPTH = 8;

/**
 * Its plain values by dotted key, `config.num_attention_heads` is "16"; none where there is no such
 * file, or one that is too large or no JSON: weights are read without it.
 *
 * @param file  the checkpoint, or the folder of one
 */
export function configFacts(file: string): Map<string, string> {
  const facts = new Map<string, string>();
  const isWhole = isFolder(file);
  const folder = isWhole ? file : path.dirname(file);
  // The nearer name is the surer one, and what is said first stays.
  if (!isWhole) add('config', jsonOf(path.join(folder, `${path.parse(file).name}.json`)), 0);
  add('config', jsonOf(path.join(folder, 'config.json')), 0);
  return facts;

  function add(key: string, value: unknown, depth: number): void {
    if (facts.size >= MOST_FACTS || depth > MOST_DEPTH || facts.has(key)) return;
    if (typeof value === 'object' && value !== null) {
      for (const [name, each] of Object.entries(value)) add(`${key}.${name}`, each, depth + 1);
    } else if (value !== null && value !== undefined) {
      facts.set(
        key.slice(0, MOST_CHARACTERS),
        String(value as string | number | boolean).slice(0, MOST_CHARACTERS),
      );
    }
  }
}

function jsonOf(file: string): unknown {
  try {
    const stats = fs.statSync(file);
    if (!stats.isFile() || stats.size > MOST_BYTES) return undefined;
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
