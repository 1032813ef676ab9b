import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ModelChange } from '#contract/checkpoints.ts';
import type { Warning } from '#contract/errors.ts';
import { type Home, openHome } from '../../store/home.ts';
import { weightsPath } from '../../store/model-folder.ts';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import { TINY_DIT, adoptDit } from '../testing/tiny-models.ts';
import { ImportedModels } from './imported-models.ts';

function opened(taken: readonly string[] = []): { home: Home; models: ImportedModels; warnings: Warning[] } {
  const home = openHome(scratchFolder());
  const warnings: Warning[] = [];
  const models = new ImportedModels(
    home,
    (id) => taken.includes(id),
    (warning) => void warnings.push(warning),
  );
  return { home, models, warnings };
}

describe('imported models', () => {
  it('have an id that is one plain path segment, whatever their name', () => {
    const { home, models } = opened();
    for (const [name, id] of [
      ['SiT-XL/2 (ema)', 'sit-xl-2-ema'],
      ['../../etc', 'etc'],
      ['SiT-XL/2 (ema)', 'sit-xl-2-ema-2'],
      ['模型', 'model'],
      ['analytic', 'analytic-2'],
    ] as const) {
      expect(adoptDit(home.root, TINY_DIT, { name })).toMatchObject({ id, name, fileName: 'tiny.pt' });
    }
    expect(models.list()).toHaveLength(5);
    expect(models.get('etc').folder).toBe(path.join(home.models, 'etc'));
    for (const id of ['..', '../etc', '', '.', 'nobody', 'a/b']) expect(models.find(id)).toBeNull();
    expect(() => models.get('nobody')).toThrow(
      expect.objectContaining({ code: 'model/not-found', message: expect.stringContaining('sit-xl-2-ema') }),
    );
  });

  it('leave the ids of runs and demos alone', () => {
    const { models } = opened(['my-model']);
    const folder = models.newFolder();
    fs.writeFileSync(weightsPath(folder), 'weights');
    const { id, bytes } = models.adopt(folder, {
      name: 'My model',
      kind: 'sit',
      title: 'SiT',
      use: 'teacher',
      config: TINY_DIT,
      convention: 'sit',
      sampleShape: [8, 8, 4],
      classes: 3,
      parameters: 1,
      fileName: 'x.pt',
    });
    expect([id, bytes]).toEqual(['my-model-2', 7]);
    expect(fs.existsSync(folder)).toBe(false);
  });

  it('leave nothing behind when they cannot be adopted', () => {
    const { home, models } = opened();
    const folder = models.newFolder();
    expect(() => models.adopt(folder, { name: 'x' } as never)).toThrow(
      expect.objectContaining({ code: 'model/not-found' }),
    );
    expect(fs.readdirSync(home.models)).toEqual([]);
  });

  it('are renamed without a new id, removed and brought back', () => {
    const { home, models } = opened();
    const { id } = adoptDit(home.root, TINY_DIT);
    expect(models.rename(id, 'Another')).toMatchObject({ id, name: 'Another' });
    const trashed = models.remove(id);
    expect(models.list()).toEqual([]);
    expect(() => models.remove(id)).toThrow(expect.objectContaining({ code: 'model/not-found' }));
    const second = adoptDit(home.root, TINY_DIT);
    expect(() => models.restore(trashed)).toThrow(expect.objectContaining({ code: 'store/exists' }));
    const both = models.remove(second.id);
    expect(models.restore(path.basename(trashed))).toMatchObject({ id, name: 'Another' });
    expect(() => models.restore(both)).toThrow(expect.objectContaining({ code: 'store/exists' }));
    expect(() => models.restore('nothing')).toThrow(expect.objectContaining({ code: 'store/not-in-trash' }));
  });

  it('are passed over and reported where their folder is damaged', () => {
    const { home, models, warnings } = opened();
    const { id, folder } = adoptDit(home.root, TINY_DIT);
    adoptDit(home.root, TINY_DIT, { name: 'Whole' });
    fs.writeFileSync(path.join(folder, 'model.json'), '{"format": 1, "name": 3}');
    expect(models.list().map((model) => model.id)).toEqual(['whole']);
    expect(warnings).toEqual([
      expect.objectContaining({ code: 'model/bad-file', message: expect.stringContaining('model.json') }),
    ]);
    expect(() => models.find(id)).toThrow(expect.objectContaining({ code: 'model/bad-file' }));
  });

  it('are watched: each as it is, then what changes', async () => {
    const { home, models } = opened();
    const { id } = adoptDit(home.root, TINY_DIT);
    const stop = new AbortController();
    const heard: ModelChange[] = [];
    for await (const change of models.watch(stop.signal)) {
      heard.push(change);
      if (heard.length === 1) models.rename(id, 'New');
      else if (heard.length === 2) models.remove(id);
      else stop.abort();
    }
    expect(heard.map((change) => (change.kind === 'model' ? change.model.name : change.id))).toEqual([
      'Tiny SiT',
      'New',
      id,
    ]);
  });
});
