import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './pages/journey.ts';
import type { Workbench } from './pages/workbench.ts';

const patient = { timeout: 120_000 };

test('a policy is seen beside its teacher: both fields, what it gets wrong, and its components', async ({
  workbench,
  page,
}) => {
  test.setTimeout(360_000);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await workbench.open();
  await trainPolicy(workbench, page);
  await workbench.show('fields');
  await seek(workbench, '0.5');
  const show = workbench.part('field-show');
  await expect(show).toHaveValue('student', patient);
  const size = workbench.part('residual-size');
  await expect(size).toContainText(/Imitation error: rms .* of the teacher/, patient);

  const seen: string[] = [];
  for (const [choice, label] of [
    ['student', 'Student field'],
    ['teacher', 'Teacher field'],
    ['residual', 'Imitation error field'],
    ['weights', 'Component weights'],
  ] as const) {
    await test.step(choice, async () => {
      await show.selectOption(choice);
      await expect(
        page.getByRole('img', { name: new RegExp(`^${label} of piflow.* at t = 0.5`) }),
      ).toBeVisible();
      await expect.poll(() => workbench.drawnShare(), patient).toBeGreaterThan(0.0005);
      const picture = await workbench.part('canvas').screenshot();
      seen.push(picture.toString('base64'));
      await expectNoViolations(page, choice);
    });
  }
  // Four things to look at, four pictures.
  expect(new Set(seen).size).toBe(4);

  const panel = workbench.part('weights');
  const rows = workbench.part('weight-row');
  await expect(rows).toHaveCount(4);
  const shares = async (): Promise<number[]> =>
    (await rows.locator('.value').allTextContents()).map((text) => parseFloat(text));
  const atHalf = await shares();
  // Percentages to two digits: the sum may be off by as much as they are rounded.
  expect(Math.abs(atHalf.reduce((a, b) => a + b, 0) - 100)).toBeLessThan(3);

  // Nothing but the keyboard: the panel follows the time, and a picked sample.
  await workbench.part('scrubber').focus();
  await page.keyboard.press('Home');
  await expect.poll(shares).not.toEqual(atHalf);
  await expect(panel).toContainText('Sample 0');
  const box = (await workbench.part('canvas').boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.58, box.y + box.height * 0.36, { steps: 4 });
  await page.mouse.up();
  await expect(panel).not.toContainText(/Sample 0\b/, patient);

  await workbench.part('probe').click();
  for (const part of ['velocity', 'teacher', 'residual', 'weights']) {
    await expect(workbench.part(`probe-${part}`)).toBeVisible(patient);
  }
  await expectNoViolations(page, 'the probe');

  const download = page.waitForEvent('download');
  await workbench.part('export').first().click();
  await workbench.part('export-csv').first().click();
  const text = readFileSync(await (await download).path(), 'utf8');
  for (const name of ['particles_teacher', 'particles_residual', 'particles_weights', 'grid_weights']) {
    expect(text).toContain(name);
  }

  await page.setViewportSize({ width: 900, height: 700 });
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await expect(panel).toBeVisible();
  await expectNoViolations(page, 'narrow and dark');
});

/** A short pi-Flow of the exact velocity of eight Gaussians. */
async function trainPolicy(workbench: Workbench, page: Page): Promise<void> {
  await workbench.part('new-run').click();
  await workbench.part('method').selectOption('piflow');
  await page.getByRole('radio', { name: 'Eight Gaussians' }).check({ force: true });
  await workbench.part('teacher').selectOption('analytic');
  const fields = { width: '64', batch: '64', components: '4', substeps: '8', steps: '200' };
  for (const [name, text] of Object.entries({ ...fields, evalEvery: '100000', filmFrames: '2' })) {
    await workbench.part(`field-${name}`).fill(text);
  }
  await workbench.part('submit').click();
  await expect(workbench.part('run-item')).toHaveAttribute('data-status', 'finished', { timeout: 240_000 });
}

async function seek(workbench: Workbench, t: string): Promise<void> {
  const field = workbench.part('t-value');
  await field.fill(t);
  await field.press('Enter');
}

async function expectNoViolations(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(
    ({ id, nodes }) => `${where}: ${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`,
  );
  expect(found).toEqual([]);
}
