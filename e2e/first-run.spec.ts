import { readdirSync } from 'node:fs';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './pages/journey.ts';

const quick = { batch: '128', width: '64', evalEvery: '50', checkpointEvery: '100' };

test('a new user starts a Drifting run and sees it learn', async ({ workbench, home }) => {
  await workbench.open();
  await expect(workbench.part('doors')).toBeVisible();
  await workbench.part('train-something').click();
  await expect(workbench.part('method')).toHaveValue('drifting');
  await expect(workbench.part('dataset')).toHaveAttribute('data-value', 'checkerboard');
  for (const [name, text] of Object.entries({ ...quick, steps: '1500' })) {
    await workbench.part(`field-${name}`).fill(text);
  }
  await workbench.part('submit').click();
  await expect(workbench.part('run-item')).toHaveAttribute('data-status', 'running');

  // Samples move: later parameters are drawn than at first.
  await workbench.show('samples');
  await expect.poll(() => workbench.shownStep()).toBeGreaterThanOrEqual(0);
  const first = await workbench.shownStep();
  await expect.poll(() => workbench.shownStep()).toBeGreaterThan(first);
  expect(await workbench.drawnShare()).toBeGreaterThan(0.002);

  // The drift is drawn at generated points.
  await workbench.show('fields');
  await expect.poll(() => workbench.shownStep()).toBeGreaterThanOrEqual(0);
  expect(await workbench.drawnShare()).toBeGreaterThan(0.0005);

  // Loss and quality arrive while it trains.
  await workbench.show('metrics');
  await expect(workbench.part('charts')).toContainText('Loss');
  await expect(workbench.part('charts')).toContainText('Energy distance');
  await expect(workbench.part('loss')).toContainText(/\d/);

  // To the end, and what is shown then is the last step; the files are there.
  await expect(workbench.part('run-item')).toHaveAttribute('data-status', 'finished', { timeout: 120_000 });
  await workbench.show('samples');
  await expect.poll(() => workbench.shownStep()).toBe(1500);
  const runs = path.join(home, 'runs');
  const [run] = readdirSync(runs);
  expect(readdirSync(path.join(runs, run!, 'checkpoints'))).toContain('step-1500.safetensors');
});

test('a teacher shows its trajectories, which sampler time scrubs without uploading', async ({
  workbench,
}) => {
  await workbench.open();
  await workbench.train('teacher', { ...quick, steps: '300' });
  await expect(workbench.part('run-item')).toHaveAttribute('data-status', 'finished', { timeout: 120_000 });
  await workbench.show('trajectories');
  await expect.poll(() => workbench.shownStep()).toBe(300);

  const stage = workbench.part('stage');
  await expect.poll(() => workbench.drawnFrames()).toBeGreaterThan(0);
  const uploads = await workbench.settledUploads();
  const frames = await workbench.drawnFrames();
  await workbench.part('t-value').fill('0.5');
  await workbench.part('t-value').press('Enter');
  await expect.poll(() => workbench.drawnFrames()).toBeGreaterThan(frames);
  expect(Number(await stage.getAttribute('data-uploads'))).toBe(uploads);

  await workbench.show('fields');
  await expect.poll(() => workbench.shownStep()).toBe(300);
  await expect.poll(() => workbench.drawnShare()).toBeGreaterThan(0.0003);
});

test('a run is paused, resumed, stopped and deleted', async ({ workbench }) => {
  await workbench.open();
  await workbench.train('drifting', { ...quick, steps: '100000' });
  const item = workbench.part('run-item');
  await expect(item).toHaveAttribute('data-status', 'running');
  await workbench.part('pause').click();
  await expect(item).toHaveAttribute('data-status', 'paused');
  await workbench.part('resume').click();
  await expect(item).toHaveAttribute('data-status', 'running');
  await workbench.part('stop').click();
  await expect(item).toHaveAttribute('data-status', 'stopped');
  await workbench.part('delete').click();
  await expect(item).toHaveCount(0);
  await workbench.part('undo').click();
  await expect(item).toHaveAttribute('data-status', 'stopped');
});

test('a window that reloads finds the run still training', async ({ workbench }) => {
  await workbench.open();
  await workbench.train('drifting', { ...quick, steps: '100000' });
  await workbench.show('samples');
  await expect.poll(() => workbench.shownStep()).toBeGreaterThan(0);
  await workbench.page.reload();
  await expect(workbench.part('run-item')).toHaveAttribute('data-status', 'running');
  await workbench.show('samples');
  await expect.poll(() => workbench.shownStep()).toBeGreaterThan(0);
});

test('the form refuses what is out of range, beside the field', async ({ workbench }) => {
  await workbench.open();
  await workbench.part('new-run').click();
  await workbench.part('field-temperature').fill('-1');
  await expect(workbench.part('field-error').first()).toContainText(/more than 0/);
});

test('points from a file become a dataset; a bad file says which row', async ({ workbench, page }) => {
  await workbench.open();
  await workbench.part('new-run').click();
  const rows = Array.from({ length: 200 }, (_, i) => `${Math.cos(i)},${Math.sin(i)}`);
  const file = (name: string, text: string) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
  await workbench.part('import-file').setInputFiles(file('bad.csv', '1,2\n3,four\n'));
  await expect(workbench.part('import-error')).toContainText(
    /row 2, column 2 of bad\.csv|bad\.csv, row 2, column 2/,
  );
  await workbench.part('import-file').setInputFiles(file('My circle.csv', `x,y\n${rows.join('\n')}\n`));
  await expect(workbench.part('dataset')).toHaveAttribute('data-value', 'my-circle');
  await workbench.part('field-steps').fill('20');
  await workbench.part('submit').click();
  await expect(workbench.part('run-item')).toHaveAttribute('data-status', 'finished', { timeout: 60_000 });
  await expect(page.getByTestId('run-item')).toHaveCount(1);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the window has no serious accessibility violations in ${colorScheme}`, async ({
    workbench,
    page,
  }) => {
    await page.emulateMedia({ colorScheme });
    await workbench.open();
    await workbench.part('new-run').click();
    await expect(workbench.part('new-run-form')).toBeVisible();
    const { violations } = await new AxeBuilder({ page }).analyze();
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual(
      [],
    );
  });
}
