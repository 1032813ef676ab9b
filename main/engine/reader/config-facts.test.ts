import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { scratchFolder } from '../testdata/checkpoint-files.ts';
import { configFacts } from './config-facts.ts';

it('reads what lies beside a file, its own name before that of the folder', () => {
  const folder = scratchFolder();
  const file = path.join(folder, 'vae.safetensors');
  fs.writeFileSync(path.join(folder, 'config.json'), '{"norm_num_groups": 32, "layers": [1, 2]}');
  fs.writeFileSync(path.join(folder, 'vae.json'), '{"norm_num_groups": 8}');
  const expected = { 'config.layers.0': '1', 'config.layers.1': '2' };
  expect(Object.fromEntries(configFacts(file))).toEqual({ ...expected, 'config.norm_num_groups': '8' });
  expect(Object.fromEntries(configFacts(folder))).toEqual({ ...expected, 'config.norm_num_groups': '32' });
});

it.each([['{'], [`${'['.repeat(100_000)}`], [' '.repeat(1_000_001)], ['"text"'.repeat(2)]])(
  'knows nothing of what is no JSON or too large (%#)',
  (text) => {
    const folder = scratchFolder();
    fs.writeFileSync(path.join(folder, 'config.json'), text);
    expect(configFacts(folder).size).toBe(0);
  },
);
