import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './pages/journey.ts';
import { smallSit, smallSitFile as sit } from './pages/small-sit.ts';

const files = path.join(import.meta.dirname, 'files');
const patient = { timeout: 60_000 };

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`),
  ).toEqual([]);
}

test('a teacher is opened, looked into, imported, sampled and distilled from', async ({
  workbench,
  page,
  home,
}) => {
  test.setTimeout(240_000);
  await workbench.open();
  await workbench.part('checkpoint-input').setInputFiles(sit);

  // What it is, whether it can be trusted, what can be done with it.
  await expect(workbench.part('checkpoint-title')).toContainText('SiT', patient);
  await expect(workbench.part('checkpoint-title')).toContainText('8 x 8 x 4 latents, 10 classes');
  await expect(workbench.part('checkpoint-trust')).toContainText(/no code/i);
  await expect(workbench.part('checkpoint-use')).toHaveAttribute('data-possible', 'true');
  await expectNoViolations(page);

  // One tensor, its numbers and pictures.
  await workbench.part('checkpoint-search').fill('blocks.1.attn.qkv');
  const row = workbench.part('checkpoint-row').filter({ hasText: 'weight' }).first();
  await row.click();
  await expect(workbench.part('tensor-details')).toHaveAttribute('data-name', 'blocks.1.attn.qkv.weight');
  await expect(workbench.part('tensor-statistics')).toContainText(/\d/, patient);
  await expect(workbench.part('tensor-heat-map')).toBeVisible();
  await expectNoViolations(page);

  // It becomes a teacher, and samples of it are drawn.
  await workbench.part('checkpoint-import').click();
  await workbench.part('import-name').fill('Small SiT');
  await workbench.part('import-submit').click();
  await expect(workbench.part('import-done')).toBeVisible(patient);
  await workbench.part('import-open').click();
  await expect(workbench.part('model-inspector')).toBeVisible();
  await workbench.show('samples');
  await expect(workbench.part('image-grid')).toHaveAttribute('data-count', '16', patient);
  await expectNoViolations(page);
  const models = path.join(home, 'models');
  const [model] = readdirSync(models);
  expect(readdirSync(path.join(models, model!)).sort()).toEqual(['model.json', 'weights.safetensors']);

  // A student learns from it without data.
  await workbench.part('distil').click();
  await workbench.part('method').selectOption('freeflow');
  await expect(workbench.part('no-dataset')).toBeVisible();
  for (const [name, text] of Object.entries({ steps: '20', batch: '16', ditWidth: '32', evalEvery: '0' })) {
    await workbench.part(`field-${name}`).fill(text);
  }
  await workbench.part('submit').click();
  await expect(workbench.part('run-item')).toHaveAttribute('data-status', 'finished', patient);
  await workbench.show('samples');
  await expect(workbench.part('image-grid')).toBeVisible(patient);
});

test('a file that would call the system is looked at, named, and not taken', async ({ workbench, page }) => {
  await workbench.open();
  await workbench.part('checkpoint-input').setInputFiles(path.join(files, 'calls-system.pt'));
  await expect(workbench.part('checkpoint-band')).toBeVisible(patient);
  await expect(workbench.part('checkpoint-inert')).toContainText('posix.system');
  await expect(workbench.part('checkpoint-import')).toBeDisabled();
  // Its tensors can be looked at all the same.
  await workbench.part('checkpoint-search').fill('layer.weight');
  await expect(workbench.part('checkpoint-row').filter({ hasText: 'weight' }).first()).toBeVisible();
  expect(existsSync('/tmp/fewstep-was-here')).toBe(false);
  await expectNoViolations(page);
});

test('a file of no known format is refused by name, and the window goes on', async ({ workbench, page }) => {
  await workbench.open();
  const buffer = readFileSync(import.meta.filename);
  await workbench
    .part('checkpoint-input')
    .setInputFiles({ name: 'notes.pt', mimeType: 'application/octet-stream', buffer });
  await expect(workbench.part('checkpoint-refused')).toHaveAttribute(
    'data-code',
    'checkpoint/unknown-format',
    patient,
  );
  await expect(workbench.part('checkpoint-refused')).toContainText('notes.pt');
  await workbench.part('checkpoint-close').click();
  await page.getByRole('button', { name: 'Back to the views' }).click();
  await expect(workbench.part('stage')).toBeVisible(patient);
});

test('two checkpoints are compared tensor by tensor', async ({ workbench }) => {
  await workbench.open();
  const other = {
    ...sit,
    name: 'SiT-later.safetensors',
    buffer: smallSit({ width: 32, depth: 3, classes: 10 }),
  };
  await workbench.part('checkpoint-input').setInputFiles([sit, other]);
  await expect(workbench.part('checkpoint-title')).toContainText('SiT', patient);
  await workbench.page.getByRole('button', { name: 'Compare with it' }).click();
  await expect(workbench.part('comparison')).toHaveAttribute('data-running', 'false', patient);
  await expect(workbench.part('comparison')).toContainText(/10 added/);
});
