import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './pages/journey.ts';
import type { Workbench } from './pages/workbench.ts';

/** Two busy cores train, sample and draw at once: what takes a second alone may take many. */
const patient = { timeout: 90_000 };
const quick = { batch: '64', width: '32', steps: '30', evalEvery: '100000', checkpointEvery: '30' };

async function axeFindsNothing(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`),
  ).toEqual([]);
}

/** All cells that there can be are there. */
async function cellsAreThere(workbench: Workbench): Promise<void> {
  const matrix = workbench.part('compare-matrix');
  await expect
    .poll(async () => {
      const [done, total] = [await matrix.getAttribute('data-done'), await matrix.getAttribute('data-total')];
      return total !== '0' && done === total;
    }, patient)
    .toBe(true);
}

test('demos are compared by keyboard: one-step models say so, and seeds and columns are chosen', async ({
  workbench,
  page,
}) => {
  await workbench.open();
  await expect.poll(() => workbench.shownStep(), patient).toBe(6000);
  await page.keyboard.press('5');
  await expect(workbench.part('tab-compare')).toHaveAttribute('aria-selected', 'true');
  await cellsAreThere(workbench);
  const rows = workbench.part('compare-row');
  expect(await rows.count()).toBeGreaterThanOrEqual(2);
  const drifting = rows.filter({ hasText: 'Drifting' }).first();
  await expect(drifting.getByTestId('compare-cell').first()).toHaveAttribute('data-state', 'samples');
  await expect(drifting.getByTestId('compare-cell').nth(2)).toHaveAttribute('data-state', 'oneStep');
  await expect(drifting).toContainText('one step only');

  // Another seed begins anew; the first is kept.
  await workbench.part('compare-seed').fill('1');
  await workbench.part('compare-seed').press('Enter');
  await cellsAreThere(workbench);
  const matrix = workbench.part('compare-matrix');
  const total = await matrix.getAttribute('data-total');
  await workbench.part('compare-seed').fill('0');
  await workbench.part('compare-seed').press('Enter');
  await expect(matrix).toHaveAttribute('data-done', total ?? '');

  await workbench.part('compare-nfes').fill('1, 16 2');
  await workbench.part('compare-nfes').press('Enter');
  await expect(workbench.part('compare-nfes')).toHaveValue('1 2 16');
  await expect(page.getByRole('columnheader', { name: '16 NFE' })).toBeVisible();
  await cellsAreThere(workbench);
});

test('a student is held against its teacher, picked in all cells, measured and exported', async ({
  workbench,
  page,
}) => {
  test.setTimeout(400_000);
  await workbench.open();
  await workbench.train('freeflow', quick);
  await expect(workbench.part('run-item')).toHaveAttribute('data-status', 'finished', { timeout: 180_000 });

  // Paths of the teacher over those of the student, from the same noise.
  await workbench.show('trajectories');
  await page.keyboard.press('x');
  await expect(workbench.part('with-teacher')).toHaveAttribute('aria-pressed', 'true');
  await expect(workbench.part('teacher-difference')).toContainText(/rms \d/, patient);

  await workbench.show('compare');
  await workbench.part('compare-nfes').fill('1 2');
  await workbench.part('compare-nfes').press('Enter');
  await cellsAreThere(workbench);
  await page.keyboard.press('Escape');
  await workbench.part('compare-matrix').focus();
  await page.keyboard.press('x');
  const student = workbench.part('compare-row').filter({ hasText: 'FreeFlow' }).first();
  await expect(student.getByTestId('cell-rms')).toHaveCount(2);
  await expect(workbench.part('compare-legend')).toContainText('its teacher');

  // A box in one cell picks the same samples in all views.
  const box = (await student.locator('canvas').first().boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.2, box.y + box.height * 0.2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.8, box.y + box.height * 0.8, { steps: 4 });
  await page.mouse.up();
  await workbench.show('trajectories');
  await expect(workbench.part('picked')).toContainText(/\d+ samples selected|Sample \d/, patient);
  await workbench.show('compare');

  if ((await workbench.part('compare-quality').getAttribute('aria-pressed')) !== 'true') {
    await workbench.part('compare-quality').click();
  }
  await workbench.part('compare-quality-count').selectOption('500');
  await workbench.part('compare-measure').click();
  await expect(workbench.part('compare-table')).toContainText('±', { timeout: 180_000 });
  await expect(workbench.part('compare-measure')).toBeVisible({ timeout: 180_000 });
  await workbench.part('compare-metric').selectOption('teacherRmse');
  await expect(workbench.part('compare-table').getByRole('row')).toHaveCount(2);

  const download = page.waitForEvent('download');
  await page.keyboard.press('Control+Shift+e');
  expect((await download).suggestedFilename()).toMatch(/^comparison-of-.*\.svg$/);

  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await axeFindsNothing(page);
  }
});
