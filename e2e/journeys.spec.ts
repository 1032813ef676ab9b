import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { expect, test } from './pages/journey.ts';

const quick = { batch: '128', width: '64', evalEvery: '100000', checkpointEvery: '50' };
/** Two busy cores draw and train at once: what takes a second alone may take many. */
const patient = { timeout: 60_000 };

test('the first window already moves, and one’s own run is two clicks away', async ({ workbench }) => {
  await workbench.open();
  await expect(workbench.part('run-inspector')).toContainText('Flow-matching teacher');
  const t = (): Promise<number> => workbench.part('scrubber').inputValue().then(Number);
  const before = await t();
  await expect.poll(async () => (await t()) !== before, patient).toBe(true);
  await expect.poll(() => workbench.drawnFrames(), patient).toBeGreaterThan(2);
  await expect.poll(() => workbench.drawnShare(), patient).toBeGreaterThan(0.002);

  await workbench.part('train-something').click();
  await workbench.part('submit').click();
  await expect(workbench.part('run-item')).toHaveAttribute('data-status', 'running', patient);
  await workbench.part('stop').click();
  await expect(workbench.part('run-item')).toHaveAttribute('data-status', 'stopped', patient);
});

test('training plays like a film, and nothing moves what a person has set', async ({ workbench }) => {
  await workbench.open();
  await workbench.train('drifting', { ...quick, steps: '400', filmFrames: '20' });
  await expect(workbench.part('run-item')).toHaveAttribute('data-status', 'finished', patient);
  await workbench.show('samples');
  await expect.poll(() => workbench.shownStep(), patient).toBe(400);

  const step = workbench.part('training-step');
  await step.fill('100');
  await step.press('Enter');
  await expect.poll(() => workbench.shownStep(), patient).toBe(100);
  await workbench.show('metrics');
  await workbench.show('samples');
  await expect.poll(() => workbench.shownStep(), patient).toBe(100);

  await workbench.part('training-play').click();
  await expect.poll(() => workbench.shownStep(), patient).toBeGreaterThan(100);
  await workbench.part('training-live').click();
  await expect.poll(() => workbench.shownStep(), patient).toBe(400);
});

test('a sample picked in one pane is picked in all', async ({ workbench, page }) => {
  await workbench.open();
  await expect.poll(() => workbench.shownStep(), patient).toBe(6000);
  await page.keyboard.press('Control+2');
  await expect(workbench.part('pane')).toHaveCount(2);
  await expect(workbench.part('stage').nth(1)).toHaveAttribute('data-step', '6000', patient);
  await expect(workbench.part('picked')).toHaveCount(0);
  // A box in the samples on the right; the trajectories on the left say how many of theirs are in it.
  const box = (await workbench.part('canvas').nth(1).boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.35, box.y + box.height * 0.35);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.65, box.y + box.height * 0.65, { steps: 4 });
  await page.mouse.up();
  await expect(workbench.part('pane').first().getByTestId('picked')).toContainText(/\d/, patient);
});

test('a distribution is painted and trained on', async ({ workbench, page }) => {
  await workbench.open();
  await workbench.part('door-draw').click();
  const canvas = workbench.part('draw-canvas');
  const box = (await canvas.boundingBox())!;
  const at = (x: number, y: number): [number, number] => [box.x + x * box.width, box.y + y * box.height];
  const stroke = async (...points: [number, number][]): Promise<void> => {
    await page.mouse.move(...at(...points[0]!));
    await page.mouse.down();
    for (const point of points.slice(1)) await page.mouse.move(...at(...point), { steps: 6 });
    await page.mouse.up();
  };
  await stroke([0.3, 0.3], [0.7, 0.3]);
  await stroke([0.3, 0.7], [0.7, 0.7]);
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+Shift+z');
  await workbench.part('draw-name').fill('two bars');
  await workbench.part('draw-use').click();
  await expect(workbench.part('dataset')).toHaveAttribute('data-value', 'two-bars');
  await workbench.part('field-steps').fill('30');
  await workbench.part('submit').click();
  await expect(workbench.part('run-item')).toHaveAttribute('data-status', 'finished', patient);
});

test('a run is paused, the window reloaded, and the run goes on to its end', async ({ workbench }) => {
  await workbench.open();
  await workbench.train('drifting', { ...quick, steps: '1200' });
  const item = workbench.part('run-item');
  await expect
    .poll(() => workbench.part('step').getAttribute('data-step').then(Number), patient)
    .toBeGreaterThan(20);
  await workbench.part('pause').click();
  await expect(item).toHaveAttribute('data-status', 'paused');
  await workbench.page.reload();
  await expect(item).toHaveAttribute('data-status', 'paused', patient);
  await item.click();
  await workbench.part('resume').click();
  await expect(item).toHaveAttribute('data-status', 'finished', { timeout: 120_000 });
});

test('an engine that is killed is said to be gone, and its run is offered and goes on', async ({
  workbench,
  server,
  troubles,
}) => {
  await workbench.open();
  await workbench.train('drifting', { ...quick, steps: '100000' });
  await expect
    .poll(() => workbench.part('step').getAttribute('data-step').then(Number), patient)
    .toBeGreaterThan(120);
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(server.process.pid)], {
    encoding: 'utf8',
  });
  process.kill(Number(children.trim().split('\n')[0]), 'SIGKILL');

  await expect(workbench.part('interrupted')).toBeVisible(patient);
  await expect(workbench.part('run-item')).toHaveAttribute('data-status', 'interrupted');
  await workbench.part('resume-interrupted').first().click();
  await expect(workbench.part('run-item')).toHaveAttribute('data-status', 'running', patient);
  const resumed = Number(await workbench.part('step').getAttribute('data-step'));
  await expect
    .poll(() => workbench.part('step').getAttribute('data-step').then(Number), patient)
    .toBeGreaterThan(resumed);
  // The browser reports the lost connection on its console.
  troubles.length = 0;
});

test('everything is done by keyboard: a run, the views, the palette, deletion and undo', async ({
  workbench,
  page,
}) => {
  await workbench.open();
  await expect(workbench.part('doors')).toBeVisible();
  const press = (keys: string): Promise<void> => page.keyboard.press(keys);

  await press('n');
  await expect(workbench.part('new-run-form')).toBeVisible();
  await tabTo(page, 'field-steps');
  await press('Control+a');
  await page.keyboard.type('60');
  await press('Enter');
  const item = workbench.part('run-item');
  await expect(item).toHaveAttribute('data-status', 'finished', patient);

  await press('3');
  await expect(workbench.part('tab-samples')).toHaveAttribute('aria-selected', 'true');
  await expect.poll(() => workbench.shownStep(), patient).toBe(60);
  await press('Control+4');
  await expect(workbench.part('pane')).toHaveCount(4);
  await press('Control+1');
  await expect(workbench.part('pane')).toHaveCount(1);

  await press('Control+k');
  await expect(workbench.part('palette-dialog')).toBeVisible();
  await page.keyboard.type('metrics');
  await press('Enter');
  await expect(workbench.part('tab-metrics')).toHaveAttribute('aria-selected', 'true');
  await press('?');
  await expect(workbench.part('shortcuts-sheet')).toBeVisible();
  await press('Escape');
  await expect(workbench.part('shortcuts-sheet')).toBeHidden();

  await press('Control+Backspace');
  await expect(item).toHaveCount(0);
  await press('Control+z');
  await expect(item).toHaveAttribute('data-status', 'finished');
});

test('a picture leaves with its config in it, and the numbers whole', async ({ workbench, page }) => {
  await workbench.open();
  await workbench.part('demo-item').nth(1).click();
  await workbench.show('samples');
  await expect.poll(() => workbench.shownStep(), patient).toBe(3000);
  const saved = async (format: string): Promise<{ name: string; bytes: Buffer }> => {
    const download = page.waitForEvent('download');
    await workbench.part('export').first().click();
    await workbench.part(`export-${format}`).first().click();
    const file = await download;
    return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
  };

  const png = await saved('png');
  expect(png.name).toMatch(/\.png$/);
  const about = JSON.parse(textOfPng(png.bytes)) as { run: string; step: number; config: object };
  expect(about).toMatchObject({ run: 'demo-2-drifting', step: 3000, config: { method: 'drifting' } });

  const svg = await saved('svg');
  expect(svg.bytes.toString()).toMatch(
    /^(<\?xml[^>]*>\s*)?<svg[^>]*>\s*<metadata[^>]*>[\s\S]*demo-2-drifting[\s\S]*<\/svg>\s*$/,
  );

  const csv = (await saved('csv')).bytes.toString().trim().split('\n');
  expect(csv[0]).toMatch(/^#.*demo-2-drifting/);
  expect(csv.length).toBeGreaterThan(500);

  const npz = (await saved('npz')).bytes;
  expect(npz.subarray(0, 4).toString('latin1')).toBe('PK\x03\x04');
  expect(npz.includes('\x93NUMPY', 0, 'latin1')).toBe(true);
});

/** Presses Tab until the element with the test id has the focus. */
async function tabTo(page: Page, testId: string): Promise<void> {
  for (let i = 0; i < 120; i += 1) {
    const focused = await page.evaluate(
      () => (document.activeElement as HTMLElement | null)?.dataset['testid'],
    );
    if (focused === testId) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${testId}`);
}

/** The text of the iTXt chunk `fewstep`: keyword, flags, language, translated keyword, then UTF-8. */
function textOfPng(bytes: Buffer): string {
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const chunk = bytes.subarray(at + 8, at + 8 + length);
    if (
      bytes.toString('latin1', at + 4, at + 8) === 'iTXt' &&
      chunk.toString('latin1').startsWith('fewstep\0')
    ) {
      const isCompressed = chunk[8] === 1;
      const text = chunk.subarray(chunk.indexOf(0, chunk.indexOf(0, 10) + 1) + 1);
      return (isCompressed ? inflateSync(text) : text).toString('utf8');
    }
    at += 12 + length;
  }
  throw new Error('Expected an iTXt chunk "fewstep" in the PNG, found none');
}
