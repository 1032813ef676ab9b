import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { runCli } from './pages/cli.ts';
import { expect, test } from './pages/journey.ts';
import type { Workbench } from './pages/workbench.ts';

const patient = { timeout: 60_000 };
/** As small as a transformer gets: the journey is about the grid. */
const tiny = ['--dit-width', '16', '--dit-depth', '1', '--heads', '1', '--patch', '4', '--batch', '16'];

test.beforeEach(async ({ home, workbench }) => {
  // Trained before the window opens, which then shows it.
  const trained = await runCli(
    ...['train', '--method', 'teacher', '--data', 'digits', '--name', 'digits', '--steps', '4'],
    ...[...tiny, '--eval-every', '0', '--film-frames', '0', '--home', home, '--json'],
  );
  expect(trained.code, trained.stderr).toBe(0);
  await workbench.open();
  await workbench.part('run-item').filter({ hasText: 'digits' }).click();
  await workbench.show('samples');
  await workbench.part('images-nfe').selectOption('1');
  await expect(workbench.part('image-grid')).toHaveAttribute('data-count', '64', patient);
});

test('ten thousand tiles scroll without an element or an upload for any of them', async ({
  workbench,
  page,
}) => {
  const grid = workbench.part('image-grid');
  await setCount(workbench, '10000');
  await expect(grid).toHaveAttribute('data-count', '10000', patient);
  await expect.poll(() => numberOf(workbench, 'frames')).toBeGreaterThan(0);
  const uploads = await settledUploads(workbench);

  const scroller = workbench.part('tile-scroller');
  const before = await workbench.part('tile-canvas').screenshot();
  await scroller.hover();
  await page.mouse.wheel(0, 3000);
  await expect.poll(() => scroller.evaluate((element) => element.scrollTop)).toBeGreaterThan(1000);
  await expect
    .poll(async () => (await workbench.part('tile-canvas').screenshot()).equals(before))
    .toBe(false);
  expect(await numberOf(workbench, 'uploads')).toBe(uploads);
  expect(await grid.locator('*').count()).toBeLessThan(40);

  // To the last one with a key; what is told of it is its number.
  await scroller.focus();
  await page.keyboard.press('End');
  await expect(workbench.part('active-tile')).toHaveAttribute('aria-label', /^sample 9\D?999, class 9/);
  await expect(workbench.part('active-tile')).toBeInViewport();
  const wide = (await workbench.part('active-tile').boundingBox())!.width;
  await page.keyboard.press('+');
  await expect
    .poll(async () => (await workbench.part('active-tile').boundingBox())?.width ?? 0)
    .toBeGreaterThan(wide);
  expect(await numberOf(workbench, 'uploads')).toBe(uploads);
});

test('a sample is opened, pinned, mixed with another, and asked for in every class', async ({
  workbench,
  page,
}) => {
  const grid = workbench.part('image-grid');
  const scroller = workbench.part('tile-scroller');
  // By mouse, then by keyboard.
  const tile = (await workbench.part('active-tile').boundingBox())!;
  await page.mouse.click(tile.x + tile.width / 2, tile.y + tile.height / 2);
  const closeup = workbench.part('closeup');
  await expect(closeup).toContainText('seed 0, sample 0, class 0');
  await expect(workbench.part('film-step')).toHaveCount(2, patient);
  await expect(workbench.part('neighbours-nearest')).toContainText(/\d\.\d/, patient);
  await expect(workbench.part('neighbours-held')).toBeVisible();
  await expect(workbench.part('latency')).toHaveText(/^engine [\d.\s]+ms, round trip [\d.\s]+ms$/);
  await expectNoViolations(page);

  // The step at the time of playback is marked.
  await workbench.part('film-step').first().click();
  await expect(workbench.part('t-value')).toHaveValue('1.00');
  await expect(workbench.part('film-step').first()).toHaveAttribute('aria-current', 'step');

  await workbench.part('pin').click();
  await expect(workbench.part('pinned')).toHaveCount(1);
  await scroller.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(closeup).toContainText('seed 0, sample 1');
  await page.keyboard.press('k');
  await expect(workbench.part('between')).toHaveCount(9);
  const mixed = workbench.part('mixed');
  await expect(mixed.locator('canvas')).toBeVisible(patient);
  const halfway = await mixed.screenshot();
  await workbench.part('slerp-at').fill('0');
  await expect.poll(async () => (await mixed.screenshot()).equals(halfway)).toBe(false);

  // Pins outlast another seed; what is picked is the noise, in every row of classes.
  await workbench.part('resample').click();
  await expect(workbench.part('images-seed')).toHaveValue('1');
  await expect(workbench.part('pinned')).toHaveCount(2);
  await workbench.part('class').selectOption('each');
  await expect(grid).toHaveAttribute('data-count', '60', patient);
  await expect(workbench.part('tile-heading').first()).toHaveText('class 0');
  await scroller.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(closeup).toContainText(/seed 1, sample \d, class 1/);
  await expectNoViolations(page);

  await workbench.part('beside').selectOption('budgets');
  await expect(grid).toHaveAttribute('data-sources', '4');
  await expect(workbench.part('tile-heading').first()).toContainText('1 NFE');
});

async function setCount(workbench: Workbench, count: string): Promise<void> {
  await workbench.part('images-count').fill(count);
  await workbench.part('images-count').press('Enter');
}

async function numberOf(workbench: Workbench, name: 'frames' | 'uploads'): Promise<number> {
  return Number(await workbench.part('image-grid').getAttribute(`data-${name}`));
}

/** How often the grid has sent pictures to the graphics card, once that has stopped. */
async function settledUploads(workbench: Workbench): Promise<number> {
  let before = -1;
  await expect
    .poll(
      async () => {
        const now = await numberOf(workbench, 'uploads');
        const isStill = now === before;
        before = now;
        return isStill;
      },
      { intervals: [500] },
    )
    .toBe(true);
  return before;
}

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`),
  ).toEqual([]);
}
