import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './pages/journey.ts';
import { smallSitFile } from './pages/small-sit.ts';
import type { Workbench } from './pages/workbench.ts';

const patient = { timeout: 60_000 };

/** States of the window, each reached from the one before. */
const states: readonly (readonly [string, (workbench: Workbench, page: Page) => Promise<void>])[] = [
  ['the first window', (workbench) => expect(workbench.part('doors')).toBeVisible()],
  ['trajectories', (workbench) => expect.poll(() => workbench.shownStep(), patient).toBe(6000)],
  ['a velocity field', (workbench) => workbench.show('fields')],
  ['samples', (workbench) => workbench.show('samples')],
  ['metrics', (workbench) => workbench.show('metrics')],
  [
    'a drift field',
    async (workbench) => {
      await workbench.part('demo-item').nth(1).click();
      await workbench.show('fields');
      await expect.poll(() => workbench.shownStep(), patient).toBe(3000);
    },
  ],
  ['four panes', (_, page) => page.keyboard.press('Control+4')],
  [
    'the palette',
    async (workbench, page) => {
      await page.keyboard.press('Control+1');
      await page.keyboard.press('Control+k');
      await expect(workbench.part('palette-dialog')).toBeVisible();
    },
  ],
  [
    'the shortcuts',
    async (workbench, page) => {
      await page.keyboard.press('Escape');
      await page.keyboard.press('?');
      await expect(workbench.part('shortcuts-sheet')).toBeVisible();
    },
  ],
  [
    'the new run form',
    async (workbench, page) => {
      await page.keyboard.press('Escape');
      await workbench.part('new-run').click();
      await workbench.part('method').selectOption('piflow');
      await expect(workbench.part('teacher')).toBeVisible();
      await workbench.part('field-steps').fill('-1');
    },
  ],
  [
    'the gallery',
    async (workbench) => {
      await workbench.part('gallery').click();
      await expect(workbench.part('gallery-view')).toBeVisible();
    },
  ],
  [
    'the drawing canvas',
    async (workbench) => {
      await workbench.part('draw').first().click();
      await expect(workbench.part('draw-canvas')).toBeVisible();
    },
  ],
  [
    'a checkpoint',
    async (workbench) => {
      await workbench.part('checkpoint-input').setInputFiles(smallSitFile);
      await expect(workbench.part('checkpoint-title')).toContainText('SiT', patient);
      await workbench.part('checkpoint-search').fill('qkv');
      await workbench.part('checkpoint-row').filter({ hasText: 'weight' }).first().click();
      await expect(workbench.part('tensor-statistics')).toContainText(/\d/, patient);
    },
  ],
  [
    'the verdicts on its keys, and the form to import it',
    async (workbench) => {
      await workbench.part('checkpoint-import').click();
      await workbench.page.getByLabel('What is listed').getByText('Keys').click();
      await expect(workbench.part('import-name')).toBeVisible();
    },
  ],
];

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing in any state in ${colorScheme}`, async ({ workbench, page }) => {
    test.setTimeout(300_000);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await workbench.open();
    for (const [name, reach] of states) {
      await test.step(name, async () => {
        await reach(workbench, page);
        const { violations } = await new AxeBuilder({ page }).analyze();
        const found = violations.map(
          ({ id, nodes }) => `${name}: ${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`,
        );
        expect(found).toEqual([]);
      });
    }
  });
}
