import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './pages/journey.ts';
import { makePets } from './pages/pictures.ts';

test('a folder of images is imported, looked at and trained on', async ({
  workbench,
  page,
  home,
}, testInfo) => {
  const folder = makePets(testInfo.outputPath());
  await workbench.open();
  await page.keyboard.press('g');
  await page.getByRole('button', { name: 'Import images...' }).click();
  const dialog = workbench.part('image-import');
  await expect(dialog).toContainText('PNG and JPEG');
  await expect(workbench.part('image-import-start')).toBeDisabled();
  await workbench.part('image-import-folder').setInputFiles(folder);
  await expect(workbench.part('image-import-what')).toHaveText('13 pictures in 2 folders, 1 other file');
  await expect(dialog.getByLabel('Name')).toHaveValue('pets');
  await dialog.getByLabel('Size').selectOption('8');
  expect(
    (await new AxeBuilder({ page }).include('[data-testid="image-import"]').analyze()).violations,
  ).toEqual([]);
  await workbench.part('image-import-start').click();

  // What could not be taken is named, with the reason.
  await expect(workbench.part('image-import-done')).toContainText('12 images of 8 x 8 x 3 in 2 classes');
  await expect(workbench.part('image-import-done')).toContainText('1 other file was left out');
  const skipped = workbench.part('image-import-skipped').getByRole('listitem');
  await expect(skipped).toHaveCount(1);
  await expect(skipped).toContainText('pets/cats/broken.png');
  await expect(skipped).toContainText('found the end of the file');
  expect(readdirSync(path.join(home, 'datasets'))).toEqual(['pets.images']);

  // A row of tiles for each class.
  await workbench.part('image-import-show').click();
  await expect(workbench.part('inspector-dataset')).toHaveAttribute('data-of', 'pets');
  await expect(workbench.part('image-tiles').getByRole('listitem')).toHaveText(['cats', 'dogs']);
  const colours = await workbench
    .part('image-tiles')
    .locator('canvas')
    .evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    });
  expect(colours).toBeGreaterThan(50);
  expect(
    (await new AxeBuilder({ page }).include('[data-testid="inspector-dataset"]').analyze()).violations,
  ).toEqual([]);

  // The form begins with what suits images, and shows their network alone.
  await workbench.part('train-on-this').click();
  await expect(workbench.part('dataset')).toHaveAttribute('data-value', 'pets');
  await expect(workbench.part('field-steps')).toHaveValue('1500');
  await expect(workbench.part('field-conditional')).toBeChecked();
  await expect(workbench.part('field-patch')).toBeVisible();
  await expect(workbench.part('field-width')).toHaveCount(0);
  for (const [name, text] of Object.entries({
    steps: '3',
    batch: '4',
    ditWidth: '16',
    ditDepth: '1',
    heads: '2',
    filmFrames: '0',
  })) {
    await workbench.part(`field-${name}`).fill(text);
  }
  await workbench.part('submit').click();
  await expect(workbench.part('run-item')).toHaveAttribute('data-status', 'finished', { timeout: 120_000 });

  // Samples are asked for and told by the names of the folders.
  await workbench.show('samples');
  await expect(workbench.part('image-grid')).toHaveAttribute('data-count', '64', { timeout: 60_000 });
  await expect(workbench.part('class').locator('option')).toHaveText([
    'any',
    'each, in rows',
    'cats',
    'dogs',
  ]);
  await workbench.part('tile-scroller').focus();
  await page.keyboard.press('End');
  await expect(workbench.part('active-tile')).toHaveAttribute('aria-label', /^sample 63, class dogs/);
});

test('what cannot be imported says why, and leaves nothing behind', async ({
  workbench,
  page,
  home,
}, testInfo) => {
  const folder = makePets(testInfo.outputPath());
  await workbench.open();
  await page.keyboard.press('g');
  await page.getByRole('button', { name: 'Import images...' }).click();
  const broken = path.join(folder, 'cats', 'broken.png');
  await workbench.part('image-import-files').setInputFiles([broken, path.join(folder, 'cats', '1.png')]);
  await workbench.part('image-import-start').click();
  await expect(workbench.part('image-import-error')).toContainText(
    'expected at least 2 images that can be read, found 1; skipped broken.png',
  );
  mkdirSync(path.join(home, 'datasets'), { recursive: true });
  expect(readdirSync(path.join(home, 'datasets'))).toEqual([]);

  // Dropped on the window, it is taken to the same form.
  await page.keyboard.press('Escape');
  await expect(workbench.part('image-import')).toHaveCount(0);
  const transfer = await page.evaluateHandle(() => {
    const dropped = new DataTransfer();
    dropped.items.add(new File(['no picture'], 'one.png', { type: 'image/png' }));
    return dropped;
  });
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
  await expect(workbench.part('image-import-what')).toHaveText('1 picture');
});
