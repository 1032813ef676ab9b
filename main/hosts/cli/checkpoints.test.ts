import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CheckpointListing, ModelSummary } from '#contract/checkpoints.ts';
import { scratchFolder, sitTensors, writeTensors } from '../../engine/testdata/checkpoint-files.ts';
import { writeSafetensors } from '../../checkpoints/safetensors/index.ts';
import { importCheckpoint, inspect } from './checkpoints.ts';
import type { Output } from './output.ts';

interface Answer {
  readonly status: number;
  readonly document: unknown;
  readonly lines: readonly string[];
}

async function run(
  command: (argv: readonly string[], output: Output) => Promise<number>,
  ...argv: string[]
): Promise<Answer> {
  const answers: { document: unknown; lines: readonly string[] }[] = [];
  const status = await command(argv, {
    json: true,
    answer: (document, lines) => void answers.push({ document, lines }),
    say: () => undefined,
  });
  expect(answers).toHaveLength(1);
  return { status, ...answers[0]! };
}

describe('inspect', () => {
  it('answers with what is in the file and what it is', async () => {
    const file = writeTensors(scratchFolder(), 'sit-tiny.safetensors', sitTensors(0));
    const { status, document, lines } = await run(inspect, file, '--json', '--heads', '2');
    expect(status).toBe(0);
    // As it is printed.
    const printed = JSON.parse(JSON.stringify(document)) as CheckpointListing;
    expect(printed).toMatchObject({
      format: 'safetensors',
      recognised: { kind: 'sit', config: { heads: 2 } },
      inert: [],
      warnings: [],
      importable: true,
    });
    expect(printed.tensors.find(({ name }) => name === 'pos_embed')).toMatchObject({
      dtype: 'float32',
      shape: [1, 4, 16],
    });
    expect(printed.recognised!.keys.every(({ verdict }) => verdict === 'matched')).toBe(true);
    expect(lines[0]).toContain('sit-tiny.safetensors: SiT');
    expect(lines[1]).toMatch(/^Trusted: /);
    expect(lines.join('\n')).toContain('pos_embed');
    // Nothing but the file itself: looking leaves nothing behind.
    expect(fs.readdirSync(path.dirname(file))).toEqual(['sit-tiny.safetensors']);
  });

  it('adds statistics of every tensor when asked', async () => {
    const file = writeTensors(scratchFolder(), 'sit-tiny.safetensors', sitTensors(0));
    const { document } = await run(inspect, '--stats', file);
    const { tensors, statistics } = JSON.parse(JSON.stringify(document)) as CheckpointListing & {
      statistics: { name: string; histogram: number[]; edges: number[] }[];
    };
    expect(statistics.map(({ name }) => name)).toEqual(tensors.map(({ name }) => name));
    expect(statistics[0]!.histogram).toHaveLength(64);
    expect(statistics[0]!.edges).toHaveLength(65);
  });

  it('says what can be done with it, and what it leaves out and why, in a line each', async () => {
    const network = [...sitTensors(0)];
    const tensors = new Map([
      ...network.map(([name, tensor]) => [`ema.${name}`, tensor] as const),
      ...network.map(([name, tensor]) => [`model.${name}`, tensor] as const),
    ]);
    const { lines } = await run(inspect, writeTensors(scratchFolder(), 'sit-two.safetensors', tensors));
    const { length } = network;
    expect(lines[2]).toBe('It can be sampled and distilled from: fewstep import sit-two.safetensors');
    expect(lines).toContain(`${length} of ${length} keys of the network match`);
    expect(lines).toContain(`  left out ${length}: of other weights, "model"`);
    expect(lines.find((line) => line.startsWith('assumed heads'))).toMatch(/\(else --heads\)$/);
  });

  it('says so where nothing can be done, and names the keys that are in the way', async () => {
    const norm = { dtype: 'F32', shape: [4], data: new Float32Array(4) } as const;
    const tensors = new Map([...sitTensors(0), ['blocks.0.attn.q_norm.bias', norm]]);
    const { lines } = await run(inspect, writeTensors(scratchFolder(), 'sit-odd.safetensors', tensors));
    expect(lines[2]).toMatch(/^It can be looked at and compared; no network here can use it/);
    expect(lines).toContain('  unused blocks.0.attn.q_norm.bias');
  });

  it('lets no name in a file give orders to the terminal', async () => {
    const evil = 'a\u001b[2Jb\u0007\u202ec\u009bd';
    const tensors = new Map([[evil, sitTensors(0).get('pos_embed')!]]);
    const file = writeTensors(scratchFolder(), 'evil.safetensors', tensors);
    const { lines } = await run(inspect, file);
    expect(lines.join('\n')).toContain(String.raw`a\u{1b}[2Jb\u{7}\u{202e}c\u{9b}d`);
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it.each([
    [['--json'], 'cli/missing-flag'],
    [['--heads', '2'], 'cli/missing-flag'],
    [['/nowhere/a.pt', '--wrong'], 'cli/bad-flag'],
    [['/nowhere/a.pt', '--heads', 'two'], 'cli/bad-flag'],
    [['/nowhere/a.pt', '--heads', '0'], 'config/wrong-value'],
    [['/nowhere/a.pt', '--as', 'gan'], 'config/wrong-value'],
    [['/nowhere/a.pt'], 'checkpoint/no-file'],
  ])('%j: %s', async (argv, code) => {
    await expect(run(inspect, ...argv)).rejects.toMatchObject({ code });
  });
});

it('lists a file whose fields bear the names of objects themselves', async () => {
  const file = path.join(scratchFolder(), 'fields.safetensors');
  const names = ['__proto__', 'constructor', 'toString'];
  const metadata = new Map(names.map((name) => [name, 'x']));
  fs.writeFileSync(file, writeSafetensors(sitTensors(0), metadata));
  const { document } = await run(inspect, file, '--json');
  const listing = document as CheckpointListing;
  expect(Object.entries(listing.metadata)).toEqual([
    ['constructor', 'x'],
    ['toString', 'x'],
  ]);
  expect(listing.warnings.map(({ code }) => code)).toEqual(['checkpoint/field-name']);
  expect(listing.importable).toBe(true);
});

describe('import', () => {
  it('makes a model of the data folder, as it is told', async () => {
    const folder = scratchFolder();
    const file = writeTensors(folder, 'tiny.safetensors', sitTensors(0));
    const home = path.join(folder, 'home');
    const { status, document } = await run(
      importCheckpoint,
      ...[file, '--name', 'Mine', '--as', 'dit', '--heads', '8', '--convention', 'dit', '--home', home],
    );
    expect(status).toBe(0);
    const { model } = document as { model: ModelSummary };
    expect(model).toMatchObject({ name: 'Mine', kind: 'dit', convention: 'dit', config: { heads: 8 } });
    expect(fs.existsSync(path.join(home, 'models', model.id, 'weights.safetensors'))).toBe(true);
  });

  it('refuses what is unknown and leaves nothing of it', async () => {
    const folder = scratchFolder();
    const tensors = new Map([['a', sitTensors(0).get('pos_embed')!]]);
    const file = writeTensors(folder, 'unknown.safetensors', tensors);
    const home = path.join(folder, 'home');
    await expect(run(importCheckpoint, file, '--home', home)).rejects.toMatchObject({
      code: 'checkpoint/unrecognised',
    });
    expect(fs.readdirSync(path.join(home, 'models'))).toEqual([]);
  });
});
