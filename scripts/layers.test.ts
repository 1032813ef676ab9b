import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import cruiserConfig from '../.dependency-cruiser.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** One file with one import, and the rules that must speak up about it. */
interface Case {
  readonly file: string;
  readonly imports: string;
  readonly rules: readonly string[];
}

const forbidden: readonly Case[] = [
  { file: 'main/tensor/a.ts', imports: './absent.ts', rules: ['resolvable'] },
  { file: 'main/tensor/b.ts', imports: 'no-such-package', rules: ['resolvable'] },
  { file: 'main/maths/ring-a.ts', imports: './ring-b.ts', rules: ['no-cycles'] },

  { file: 'preload/contract/a.ts', imports: 'svelte', rules: ['contract-imports-only-zod'] },
  { file: 'preload/contract/b.ts', imports: 'node:fs', rules: ['contract-imports-only-zod'] },
  {
    file: 'preload/contract/c.ts',
    imports: '../../main/tensor/target.ts',
    rules: ['contract-imports-only-zod'],
  },
  {
    file: 'preload/contract/d.ts',
    imports: 'vitest',
    rules: ['contract-imports-only-zod', 'nobody-imports-tests'],
  },
  { file: 'preload/contract/a.test.ts', imports: '../../main/tensor/target.ts', rules: ['contract-tests'] },
  { file: 'preload/index.ts', imports: '../main/tensor/target.ts', rules: ['preload-is-a-doorway'] },

  {
    file: 'renderer/ui/a.ts',
    imports: '../../main/tensor/target.ts',
    rules: ['renderer-sees-the-contract'],
  },
  {
    file: 'renderer/ui/B.svelte',
    imports: '../../main/tensor/target.ts',
    rules: ['renderer-sees-the-contract'],
  },
  { file: 'renderer/ui/c.ts', imports: '../../preload/doorway.ts', rules: ['renderer-sees-the-contract'] },
  {
    file: 'renderer/ui/a.test.ts',
    imports: '../../main/tensor/target.ts',
    rules: ['renderer-sees-the-contract'],
  },
  { file: 'renderer/ui/d.ts', imports: 'node:path', rules: ['renderer-runs-in-a-browser'] },
  { file: 'renderer/ui/e.svelte.ts', imports: '@tensorflow/tfjs-core', rules: ['main-computes'] },

  { file: 'main/engine/a.ts', imports: '../../renderer/ui/target.ts', rules: ['main-is-not-the-window'] },
  { file: 'main/engine/b.ts', imports: '../../preload/doorway.ts', rules: ['main-is-not-the-window'] },
  { file: 'main/engine/c.ts', imports: './target.test.ts', rules: ['nobody-imports-tests'] },
  { file: 'main/engine/d.ts', imports: 'fast-check', rules: ['nobody-imports-tests'] },
  { file: 'main/lost.ts', imports: 'zod', rules: ['main-known-rooms'] },
  { file: 'main/attic/a.ts', imports: 'zod', rules: ['main-known-rooms'] },

  { file: 'main/tensor/c.ts', imports: '../maths/target.ts', rules: ['main-tensor'] },
  { file: 'main/tensor/a.test.ts', imports: '../maths/target.ts', rules: ['main-tensor'] },
  { file: 'main/tensor/d.ts', imports: '../attic/target.ts', rules: ['main-tensor'] },
  { file: 'main/maths/a.ts', imports: '../models/target.ts', rules: ['main-maths'] },
  { file: 'main/models/a.ts', imports: '../samplers/target.ts', rules: ['main-models'] },
  { file: 'main/samplers/a.ts', imports: '../models/target.ts', rules: ['main-samplers'] },
  { file: 'main/datasets/a.ts', imports: '../metrics/target.ts', rules: ['main-datasets'] },
  { file: 'main/metrics/a.ts', imports: '../datasets/target.ts', rules: ['main-metrics'] },
  { file: 'main/checkpoints/a.ts', imports: '../models/target.ts', rules: ['main-checkpoints'] },
  { file: 'main/methods/a/a.ts', imports: '../../training/target.ts', rules: ['main-methods'] },
  { file: 'main/training/a.ts', imports: '../engine/target.ts', rules: ['main-training'] },
  { file: 'main/training/b.ts', imports: '../store/target.ts', rules: ['main-training'] },
  { file: 'main/store/a.ts', imports: '../training/target.ts', rules: ['main-store'] },
  { file: 'main/store/b.ts', imports: '../checkpoints/target.ts', rules: ['main-store'] },
  { file: 'main/reproductions/a.ts', imports: '../engine/target.ts', rules: ['main-reproductions'] },
  { file: 'main/engine/e.ts', imports: '../hosts/cli/target.ts', rules: ['main-engine'] },
  { file: 'main/engine/events/a.ts', imports: '../reader/target.ts', rules: ['engine-events'] },
  { file: 'main/engine/reader/a.ts', imports: '../executors/target.ts', rules: ['engine-reader'] },
  { file: 'main/engine/executors/a.ts', imports: '../tensorflow/target.ts', rules: ['engine-executors'] },
  { file: 'main/engine/tensorflow/a.ts', imports: '../bench/target.ts', rules: ['engine-tensorflow'] },
  { file: 'main/engine/bench/a.ts', imports: '../plan/target.ts', rules: ['engine-bench'] },
  { file: 'main/engine/plan/a.ts', imports: '../sampling/target.ts', rules: ['engine-plan'] },
  { file: 'main/engine/sampling/a.ts', imports: '../views/target.ts', rules: ['engine-sampling'] },
  { file: 'main/engine/views/a.ts', imports: '../evaluation/target.ts', rules: ['engine-views'] },
  { file: 'main/engine/evaluation/a.ts', imports: '../checkpoints/target.ts', rules: ['engine-evaluation'] },
  { file: 'main/engine/checkpoints/a.ts', imports: '../data/target.ts', rules: ['engine-checkpoints'] },
  { file: 'main/engine/data/a.ts', imports: '../golden/target.ts', rules: ['engine-data'] },
  { file: 'main/engine/golden/a.ts', imports: '../runs/target.ts', rules: ['engine-golden'] },
  { file: 'main/engine/runs/a.ts', imports: '../reproductions/target.ts', rules: ['engine-runs'] },
  { file: 'main/engine/reproductions/a.ts', imports: '../target.ts', rules: ['engine-reproductions'] },
  { file: 'main/engine/attic/a.ts', imports: 'zod', rules: ['engine-known-rooms'] },
  { file: 'main/hosts/cli/a.ts', imports: '../../attic/target.ts', rules: ['main-hosts'] },
  { file: 'main/methods/a/b.ts', imports: '../b/target.ts', rules: ['methods-apart'] },

  { file: 'main/engine/f.ts', imports: 'onnxruntime-node', rules: ['tensor-owns-the-runtimes'] },
  { file: 'main/engine/b.test.ts', imports: 'onnxruntime-node', rules: ['tensor-owns-the-runtimes'] },
  { file: 'main/engine/g.ts', imports: '@bufbuild/protobuf', rules: ['tensor-owns-the-runtimes'] },
  {
    file: 'main/engine/h.ts',
    imports: '@tensorflow/tfjs-backend-cpu',
    rules: ['reference-backend-in-tensor'],
  },
  { file: 'main/engine/i.ts', imports: 'electron', rules: ['electron-in-its-host'] },
  { file: 'main/engine/j.ts', imports: 'node:http', rules: ['network-in-the-server-host'] },
  { file: 'main/engine/k.ts', imports: 'https', rules: ['network-in-the-server-host'] },
  { file: 'main/hosts/cli/b.ts', imports: 'ws', rules: ['network-in-the-server-host'] },
  { file: 'main/engine/l.ts', imports: 'node:sqlite', rules: ['sqlite-in-the-store'] },
  { file: 'renderer/views/fields/a.ts', imports: 'three', rules: ['three-in-the-scene'] },
  {
    file: 'renderer/views/fields/b.ts',
    imports: 'three/addons/controls/OrbitControls.js',
    rules: ['three-in-the-scene'],
  },
  { file: 'renderer/views/fields/C.svelte', imports: '../runs/Target.svelte', rules: ['views-apart'] },
  { file: 'renderer/views/fields/d.ts', imports: '#contract/rpc/target.ts', rules: ['state-talks-rpc'] },
  { file: 'renderer/main.ts', imports: '#contract/rpc/target.ts', rules: ['main-opens-the-wire'] },
  { file: 'main/engine/n.ts', imports: '../tensor/testing/target.ts', rules: ['nobody-imports-tests'] },
];

const allowed: readonly Omit<Case, 'rules'>[] = [
  { file: 'preload/contract/e.ts', imports: 'zod' },
  { file: 'preload/contract/rpc/b.test.ts', imports: 'ws' },
  { file: 'preload/door.ts', imports: '#contract/target.ts' },
  { file: 'main/tensor/e.ts', imports: 'onnxruntime-node' },
  { file: 'main/maths/b.ts', imports: '../tensor/target.ts' },
  { file: 'main/engine/c.test.ts', imports: '../tensor/testing/target.ts' },
  { file: 'main/tensor/testing/a.ts', imports: 'vitest' },
  { file: 'main/maths/b.test.ts', imports: '@tensorflow/tfjs-backend-cpu' },
  { file: 'main/models/b.ts', imports: '@tensorflow/tfjs-core' },
  { file: 'main/models/c.ts', imports: '#contract/target.ts' },
  { file: 'main/methods/a/c.ts', imports: '../../samplers/target.ts' },
  { file: 'main/methods/a/d.ts', imports: '../target.ts' },
  { file: 'main/store/c.ts', imports: '../checkpoints/safetensors/target.ts' },
  { file: 'main/store/d.ts', imports: 'node:sqlite' },
  { file: 'main/engine/m.ts', imports: '../store/target.ts' },
  { file: 'main/engine/o.ts', imports: './runs/target.ts' },
  { file: 'main/engine/views/b.ts', imports: '../sampling/target.ts' },
  { file: 'main/engine/plan/b.test.ts', imports: '../runs/target.ts' },
  { file: 'main/hosts/cli/c.ts', imports: '../../engine/target.ts' },
  { file: 'main/hosts/server/a.ts', imports: 'ws' },
  { file: 'main/hosts/electron/a.ts', imports: 'electron' },
  { file: 'renderer/scene/b.ts', imports: 'three' },
  { file: 'renderer/scene/a.test.ts', imports: 'node:fs' },
  { file: 'renderer/state/a.svelte.ts', imports: '#contract/rpc/target.ts' },
  { file: 'renderer/views/index.ts', imports: './fields/Target.svelte' },
  { file: 'renderer/views/fields/e.ts', imports: '../../ui/target.ts' },
];

/** What the cases import of ours: empty modules. */
const targets = [
  'main/attic/target.ts',
  'main/checkpoints/target.ts',
  'main/checkpoints/safetensors/target.ts',
  'main/datasets/target.ts',
  'main/engine/reader/target.ts',
  'main/engine/executors/target.ts',
  'main/engine/tensorflow/target.ts',
  'main/engine/bench/target.ts',
  'main/engine/plan/target.ts',
  'main/engine/sampling/target.ts',
  'main/engine/views/target.ts',
  'main/engine/evaluation/target.ts',
  'main/engine/checkpoints/target.ts',
  'main/engine/data/target.ts',
  'main/engine/golden/target.ts',
  'main/engine/runs/target.ts',
  'main/engine/reproductions/target.ts',
  'main/engine/target.test.ts',
  'main/engine/target.ts',
  'main/hosts/cli/target.ts',
  'main/maths/target.ts',
  'main/methods/b/target.ts',
  'main/methods/target.ts',
  'main/metrics/target.ts',
  'main/models/target.ts',
  'main/samplers/target.ts',
  'main/store/target.ts',
  'main/tensor/target.ts',
  'main/tensor/testing/target.ts',
  'main/training/target.ts',
  'preload/contract/rpc/target.ts',
  'preload/contract/target.ts',
  'preload/doorway.ts',
  'renderer/ui/target.ts',
  'renderer/views/fields/Target.svelte',
  'renderer/views/runs/Target.svelte',
];

/** The other half of the cycle, which the cruiser reports once. */
const ring = { file: 'main/maths/ring-b.ts', imports: './ring-a.ts' };

interface Report {
  readonly modules: readonly { readonly source: string; readonly dependencies: readonly unknown[] }[];
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
  };
}

describe('layer rules', () => {
  const tree = mkdtempSync(path.join(tmpdir(), 'fewstep-layers-'));
  let report: Report;

  function write(file: string, text: string): void {
    const full = path.join(tree, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, text);
  }

  beforeAll(() => {
    for (const file of ['.dependency-cruiser.mjs', 'package.json', 'tsconfig.base.json']) {
      cpSync(path.join(root, file), path.join(tree, file));
    }
    symlinkSync(path.join(root, 'node_modules'), path.join(tree, 'node_modules'), 'dir');
    for (const target of targets)
      write(target, target.endsWith('.svelte') ? '<p>target</p>\n' : 'export {};\n');
    for (const { file, imports } of [...forbidden, ring, ...allowed]) {
      const statement = `import '${imports}';\n`;
      write(file, file.endsWith('.svelte') ? `<script lang="ts">\n${statement}</script>\n` : statement);
    }
    const cruise = spawnSync(
      process.execPath,
      [
        path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'),
        ...['--config', '.dependency-cruiser.mjs', '--output-type', 'json'],
        ...['main', 'preload', 'renderer'],
      ],
      { cwd: tree, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    );
    expect(cruise.stderr).toBe('');
    report = JSON.parse(cruise.stdout) as Report;
  });

  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  const rulesFor = (file: string) =>
    report.summary.violations.filter(({ from }) => from === file).map(({ rule }) => rule.name);

  test.each(forbidden)('$file may not import $imports', ({ file, rules }) => {
    expect(rulesFor(file).sort()).toEqual([...rules].sort());
  });

  test.each(allowed)('$file may import $imports', ({ file }) => {
    expect(report.modules.find(({ source }) => source === file)?.dependencies).toHaveLength(1);
    expect(rulesFor(file)).toEqual([]);
  });

  test('every rule has a case', () => {
    const proved = new Set(forbidden.flatMap(({ rules }) => rules));
    const unproved = cruiserConfig.forbidden.map(({ name }) => name).filter((name) => !proved.has(name));
    expect(unproved).toEqual([]);
  });
});
