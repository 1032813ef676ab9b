import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ratiosTo, readPeers } from './peers.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fewstep-peers-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function fileOf(text: string): string {
  const file = path.join(folder, 'peers.json');
  writeFileSync(file, text);
  return file;
}

describe('times of peers', () => {
  it('are read by workload, of which some may have none', () => {
    const times = { 'mlp-256x64': { torch: 1.31, 'torch.compile': 0.88 }, 'dit-256x512x12': {} };
    expect(readPeers(fileOf(JSON.stringify(times)))).toEqual(times);
  });

  it.each([
    ['no JSON', '{', 'found no JSON'],
    ['a list', '[]', 'found at the document:'],
    ['a time that is no number', '{"dit-64": {"torch": "3"}}', 'found at dit-64.torch:'],
    ['a time of nothing', '{"dit-64": {"torch": 0}}', 'found at dit-64.torch:'],
    ['times without a workload', '{"torch": {"ms": 3}}', 'found at torch: no workload has this name'],
    ['no times at all', '{"dit-64": {}}', 'found no times'],
  ])('are refused with the place and the file: %s', (_, text, found) => {
    const file = fileOf(text);
    let error: unknown;
    try {
      readPeers(file);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'cli/bad-file', detail: { file } });
    const { message } = error as Error;
    expect(message).toContain('expected {"mlp-256x64": {"torch": 1.25}}');
    expect(message).toContain(found);
    expect(message.endsWith(file)).toBe(true);
  });

  it('that lie nowhere are missed by name', () => {
    const file = path.join(folder, 'none.json');
    expect(() => readPeers(file)).toThrow(`peers: expected a file to read, found ENOENT: ${file}`);
  });
});

describe('ratios', () => {
  it('are of our time to theirs, and the fastest comes first', () => {
    expect(ratiosTo({ slow: 4, fast: 1, same: 2 }, 2)).toEqual([
      { peer: 'fast', ratio: 2 },
      { peer: 'same', ratio: 1 },
      { peer: 'slow', ratio: 0.5 },
    ]);
  });
});
