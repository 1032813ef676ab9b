import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { runCli } from './pages/cli.ts';
import { expect, test } from './pages/journey.ts';

/** The shortest of them: nine small models. */
const quickest = 'drifting-three-inits';
const patient = { timeout: 240_000 };

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`),
  ).toEqual([]);
}

test('a claim is rerun from the first door to its verdict and figure', async ({ workbench, page, home }) => {
  test.setTimeout(600_000);
  await workbench.open();
  await workbench.part('door-reproduce').click();
  const card = page.locator(`[data-testid="reproduction"][data-of="${quickest}"]`);
  await expect(card).toHaveAttribute('data-verdict', 'not run');
  await card.getByTestId('reproduction-quick').click();
  await expect(card).toHaveAttribute('data-status', 'running', patient);
  // Stopped, it keeps what was measured; a window that comes anew finds it and goes on.
  // A fast machine may be past the second before it is looked at.
  const folder = path.join(home, 'reproductions', quickest, 'quick');
  await expect(card.getByTestId('reproduction-progress')).toContainText(/seed \d\s+[2-8] of 9/, patient);
  await card.getByTestId('reproduction-stop').click();
  await expect(card).toHaveAttribute('data-status', 'idle', patient);
  expect(existsSync(path.join(folder, 'report.json'))).toBe(false);
  await page.reload();
  await page.keyboard.press('r');
  await expect(card.getByTestId('reproduction-quick')).toHaveText('Resume quick');
  await card.getByTestId('reproduction-quick').click();
  await expect(card).toHaveAttribute('data-status', 'running', patient);
  await expectNoViolations(page);
  await expect(card).toHaveAttribute('data-verdict', /^(holds|does not hold|inconclusive)$/, patient);

  await card.getByTestId('reproduction-open').click();
  const detail = workbench.part('reproduction-detail');
  await expect(detail).toHaveAttribute('data-size', 'quick');
  await expect(workbench.part('reproduction-verdict')).toContainText('seeds 0, 1, 2');
  const rows = workbench.part('reproduction-table').getByRole('row');
  await expect(rows).toHaveCount(4);
  await expect(rows.nth(1)).toContainText('±');
  const figure = workbench.part('reproduction-figure');
  await expect(figure).toBeVisible();
  // Drawn, not only there.
  await expect.poll(() => figure.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(680);
  await expectNoViolations(page);

  // Files of the figure, by button and by shortcut.
  const svg = page.waitForEvent('download');
  await workbench.part('reproduction-svg').click();
  expect((await svg).suggestedFilename()).toBe(`${quickest}-quick.svg`);
  const png = page.waitForEvent('download');
  await page.keyboard.press('Control+e');
  const saved = await (await png).path();
  expect(readFileSync(saved).toString('latin1', 1, 4)).toBe('PNG');
  expect(existsSync(path.join(folder, 'figure.svg'))).toBe(true);
  expect(readFileSync(path.join(folder, 'figure.png')).toString('latin1', 1, 4)).toBe('PNG');

  // Escape goes back by one each time.
  await page.keyboard.press('Escape');
  await expect(card).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(workbench.part('reproductions')).toHaveCount(0);

  // The command line knows what the window measured: the same numbers, and nothing is measured again.
  const { code, stderr, json } = await runCli('reproduce', quickest, '--quick', '--home', home, '--json');
  expect(code, stderr).toBe(0);
  expect(stderr).not.toContain('seed');
  const kept = JSON.parse(readFileSync(path.join(folder, 'report.json'), 'utf8')) as { measured: unknown };
  expect(json<{ measured: unknown }[]>()[0]!.measured).toEqual(kept.measured);
});

test('the claims hold no accessibility violations in the dark', async ({ workbench, page }) => {
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await workbench.open();
  await page.keyboard.press('r');
  await expect(workbench.part('reproduction').first()).toBeVisible();
  await expectNoViolations(page);
  await workbench.part('reproduction-open').first().click();
  await expect(workbench.part('reproduction-detail')).toBeVisible();
  await expectNoViolations(page);
});
