import type { Page } from '@playwright/test';
import { expect, test } from './pages/journey.ts';
import { smallSitFile } from './pages/small-sit.ts';
import type { Workbench } from './pages/workbench.ts';

/**
 * The stage of every view as a picture, of the runs that ship with the program: same weights, same noise.
 * Another version of the browser draws glyphs and lines a little differently; what is laid out elsewhere,
 * coloured otherwise or missing is more than this.
 */
const tolerance = { maxDiffPixelRatio: 0.03, threshold: 0.3 };
const patient = { timeout: 60_000 };

const pictures: Record<string, (workbench: Workbench, page: Page) => Promise<void>> = {
  trajectories: async (workbench) => {
    await expect.poll(() => workbench.shownStep(), patient).toBe(6000);
    await workbench.part('t-value').fill('0.35');
    await workbench.part('t-value').press('Enter');
  },
  'velocity-field': async (workbench) => {
    await workbench.part('t-value').fill('0.5');
    await workbench.part('t-value').press('Enter');
    await workbench.show('fields');
    await expect.poll(() => workbench.shownStep(), patient).toBe(6000);
  },
  'drift-field': async (workbench) => {
    await workbench.part('demo-item').nth(1).click();
    await workbench.show('fields');
    await expect.poll(() => workbench.shownStep(), patient).toBe(3000);
  },
  samples: async (workbench) => {
    await workbench.part('demo-item').nth(1).click();
    await workbench.show('samples');
    await expect.poll(() => workbench.shownStep(), patient).toBe(3000);
  },
  'imitation-error': async (workbench) => {
    await workbench.part('demo-item').nth(2).click();
    await workbench.part('t-value').fill('0.5');
    await workbench.part('t-value').press('Enter');
    await workbench.show('fields');
    await workbench.part('field-show').selectOption('residual');
    await expect.poll(() => workbench.shownStep(), patient).toBe(3000);
  },
  'student-beside-teacher': async (workbench, page) => {
    await workbench.part('demo-item').nth(3).click();
    await expect.poll(() => workbench.shownStep(), patient).toBe(6000);
    await workbench.part('t-value').fill('0');
    await workbench.part('t-value').press('Enter');
    await page.getByRole('button', { name: 'Teacher', exact: true }).click();
    await expect(page.locator('main')).toContainText('rms', patient);
  },
  compare: async (workbench) => {
    await workbench.show('compare');
    const matrix = workbench.part('compare-matrix');
    await expect
      .poll(
        async () => [await matrix.getAttribute('data-done'), await matrix.getAttribute('data-total')],
        patient,
      )
      .toEqual(['13', '13']);
  },
  checkpoint: async (workbench) => {
    // The window opens on a demo first; a file that is quicker would find none chosen.
    await expect(workbench.part('step')).toBeVisible(patient);
    await workbench.part('checkpoint-input').setInputFiles(smallSitFile);
    await expect(workbench.part('checkpoint-title')).toContainText('SiT', patient);
  },
  metrics: async (workbench) => {
    await workbench.show('metrics');
    await expect(workbench.part('charts')).toContainText('Energy distance');
  },
};

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [name, reach] of Object.entries(pictures)) {
    test(`${name} in ${colorScheme} looks as it should`, async ({ workbench, page }) => {
      test.setTimeout(180_000);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await workbench.open();
      // Still, so that two pictures in a row are the same.
      if ((await workbench.part('play').getAttribute('aria-label')) === 'Pause')
        await workbench.part('play').click();
      await reach(workbench, page);
      await expect(page.locator('main')).toHaveScreenshot(`${name}-${colorScheme}.png`, {
        ...tolerance,
        timeout: 60_000,
      });
    });
  }
}
