import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './pages/journey.ts';

const patient = { timeout: 120_000 };

test('paths of images are seen in axes of their own, with what they end at', async ({ workbench, page }) => {
  test.setTimeout(360_000);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await workbench.open();
  await workbench.part('new-run').click();
  await workbench.part('method').selectOption('teacher');
  await page.getByRole('radio', { name: 'Digits' }).check({ force: true });
  const fields = {
    ditWidth: '16',
    ditDepth: '1',
    heads: '2',
    batch: '8',
    steps: '4',
    evalEvery: '100000',
    filmFrames: '2',
  };
  for (const [name, text] of Object.entries(fields)) await workbench.part(`field-${name}`).fill(text);
  await workbench.part('submit').click();
  await expect(workbench.part('run-item')).toHaveAttribute('data-status', 'finished', { timeout: 240_000 });

  await workbench.show('trajectories');
  await expect(page.getByText(/^PC 1 \(.* % of variance\)$/)).toBeVisible(patient);
  await workbench.part('path-count').selectOption('16');
  await expect.poll(() => workbench.drawnShare(), patient).toBeGreaterThan(0.0005);
  const seen = [(await workbench.part('canvas').screenshot()).toString('base64')];

  await test.step('what is picked is shown as images', async () => {
    const { x, y, width, height } = (await workbench.part('canvas').boundingBox())!;
    await page.mouse.move(x + 0.05 * width, y + 0.12 * height);
    await page.mouse.down();
    await page.mouse.move(x + 0.95 * width, y + 0.95 * height, { steps: 4 });
    await page.mouse.up();
    await expect(workbench.part('picked')).toContainText('16 samples selected');
    await expect(workbench.part('path-images').locator('canvas')).toHaveCount(6);
  });

  for (const [axes, name] of [
    ['samples', /^Sample \d+ → \d+ \(.* % of variance\)$/],
    ['classes', /^Class 0 → 1 \(.* % of variance\)$/],
    ['pca3', /^PC 3 \(.* % of variance\)$/],
  ] as const) {
    await test.step(axes, async () => {
      await workbench.part('image-axes').selectOption(axes);
      await expect(page.getByText(name)).toBeVisible(patient);
      seen.push((await workbench.part('canvas').screenshot()).toString('base64'));
    });
  }
  await expect(workbench.part('stage')).toHaveAttribute('data-look', 'orbit');
  // Four sets of axes, four pictures.
  expect(new Set(seen).size).toBe(4);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);

  const download = page.waitForEvent('download');
  await workbench.part('export').first().click();
  await workbench.part('export-csv').first().click();
  expect(readFileSync(await (await download).path(), 'utf8')).toContain('explained');

  await test.step('fields say why there are none', async () => {
    await workbench.show('fields');
    await expect(workbench.part('empty-state')).toContainText('images have 8 × 8 × 1 numbers');
  });
});
