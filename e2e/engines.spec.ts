import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { runCli } from './pages/cli.ts';
import { expect, test as base } from './pages/journey.ts';
import { startServer } from './pages/server.ts';

const patient = { timeout: 120_000 };

/** An engine that finds no Python: what a person meets who has none. */
const test = base.extend({
  server: async ({ home }, use) => {
    const before = process.env['PATH'];
    const bin = path.join(home, 'bin');
    mkdirSync(bin);
    for (const name of ['python3', 'python', 'pip', 'pip3']) {
      writeFileSync(path.join(bin, name), '#!/bin/sh\necho "No module named pip" >&2\nexit 1\n');
      chmodSync(path.join(bin, name), 0o755);
    }
    process.env['PATH'] = `${bin}${path.delimiter}${before}`;
    const server = await startServer(home);
    process.env['PATH'] = before;
    await use(server);
    await server.stop();
  },
});

async function expectNoViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`),
  ).toEqual([]);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the engine is looked at, measured and left in ${colorScheme}`, async ({ workbench, page, home }) => {
    test.setTimeout(240_000);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await workbench.open();
    // From the executor's name in the bar, and by its key.
    await expect(workbench.part('device')).toContainText('ort-cpu');
    await workbench.part('device').click();
    await expect(workbench.part('engine-view')).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(workbench.part('engine-view')).toHaveCount(0);
    await page.keyboard.press('e');

    const row = (id: string) => page.locator(`[data-testid="executor"][data-of="${id}"]`);
    await expect(workbench.part('executor')).toHaveCount(4);
    await expect(row('ort-cpu')).toHaveAttribute('data-available', 'true');
    await expect(row('ort-cpu')).toContainText('thread');
    await expect(row('tensorflow')).toHaveAttribute('data-available', 'false');
    await expect(row('tensorflow').getByTestId('executor-reason')).toContainText('not installed');
    await expect(page.locator('[data-testid="executor"][data-taken="true"]')).toHaveCount(1);
    await expect(workbench.part('data-folder')).toHaveText(home);
    await expectNoViolations(page);

    await expect(row('ort-cpu').getByTestId('executor-speed')).toHaveText('not measured');
    await workbench.part('measure').click();
    await expect(workbench.part('measuring')).toContainText('Measuring ort-cpu', patient);
    await expect(workbench.part('device')).toContainText('Measuring executors');
    await expectNoViolations(page);
    await expect(row('ort-cpu').getByTestId('executor-speed')).toHaveText(/^\d/, patient);
    // The rest is not waited for: what was measured stays.
    await workbench.part('measure-cancel').click();
    await expect(workbench.part('measuring')).toContainText('auto takes ort-cpu', patient);
    await page.reload();
    await page.keyboard.press('e');
    await expect(row('ort-cpu').getByTestId('executor-speed')).toHaveText(/^\d/);
    const kept = JSON.parse(readFileSync(path.join(home, 'executors.json'), 'utf8')) as {
      executors: Record<string, { score: { agrees: boolean } }>;
    };
    expect(kept.executors['ort-cpu']!.score.agrees).toBe(true);
  });
}

test('TensorFlow that cannot be installed says why, and leaves nothing behind', async ({
  workbench,
  page,
  home,
}) => {
  await workbench.open();
  await page.keyboard.press('e');
  const panel = workbench.part('tensorflow');
  await panel.getByText('Wheel', { exact: true }).click();
  await panel.getByTestId('install').click();
  const error = workbench.part('install-error');
  await expect(error).toContainText(/pip|Python/, patient);
  await expect(error).toContainText('TensorFlow was not installed');
  await expectNoViolations(page);
  await expect(panel.getByTestId('install')).toBeEnabled();
  const engines = path.join(home, 'engines');
  expect(existsSync(path.join(engines, 'tensorflow'))).toBe(false);
  expect(existsSync(engines) ? readdirSync(engines).filter((name) => name.endsWith('.tmp')) : []).toEqual([]);
});

test('a run says what it is trained on, in the form, in its details and on its figures', async ({
  workbench,
  page,
}) => {
  test.setTimeout(240_000);
  await workbench.open();
  await workbench.part('new-run').click();
  const executor = workbench.part('field-executor');
  await expect(executor.locator('option').first()).toHaveText('auto: ort-cpu');
  await expect(executor.locator('option[value="tensorflow"]')).toHaveText('tensorflow, not available');
  await expect(executor.locator('option[value="tensorflow"]')).toBeDisabled();
  await expect(workbench.part('field-precision').locator('option')).toHaveText([
    'float32',
    /^float16, no shader-f16 here$/,
  ]);
  await executor.selectOption('reference');
  await workbench.part('field-steps').fill('1000000');
  await workbench.part('field-checkpointEvery').fill('1');
  await workbench.part('field-batch').fill('8');
  await workbench.part('submit').click();
  await expect(workbench.part('trained-on')).toContainText('Training on reference (', patient);
  await expect(workbench.part('status')).toHaveText('Running', patient);
  await workbench.part('stop').click();
  await expect(workbench.part('status')).toHaveText('Stopped', patient);

  // It goes on elsewhere, with a note.
  await workbench.part('resume-elsewhere').click();
  await workbench.part('resume-executor').selectOption('ort-cpu');
  await workbench.part('resume-there').click();
  await expect(workbench.part('trained-on')).toContainText(/\) to step \d+, then ort-cpu \(/, patient);
  await workbench.part('stop').click();
  await expect(workbench.part('status')).toHaveText('Stopped', patient);

  await workbench.show('metrics');
  const download = page.waitForEvent('download');
  await page.keyboard.press('Control+Shift+e');
  const svg = readFileSync(await (await download).path(), 'utf8');
  expect(svg.replace(/<\/text><text[^>]*>/g, ' ')).toMatch(
    /data-part="footer".*Trained on reference \(.+\) to step \d+, then ort-cpu \(/s,
  );
  const png = page.waitForEvent('download');
  await page.keyboard.press('Control+e');
  const bytes = readFileSync(await (await png).path());
  const height = Number(/<svg[^>]* height="([\d.]+)"/.exec(svg)![1]);
  // Twice the size of the vectors, footer included.
  expect(bytes.readUInt32BE(20)).toBe(Math.round(2 * height));
});

test('the command line says what a run needs, and goes on elsewhere', async ({ home }) => {
  const config = [
    '--method',
    'drifting',
    '--data',
    'bimodal',
    '--steps',
    '20',
    '--batch',
    '8',
    '--width',
    '8',
  ];
  const refused = await runCli('train', ...config, '--executor', 'tensorflow', '--home', home, '--json');
  expect(refused.code).toBe(1);
  const { error } = refused.json<{ error: { code: string; message: string; detail: { run: string } } }>();
  expect(error.code).toBe('engine/no-executor');
  expect(error.message).toContain('TensorFlow is not installed');
  expect(error.message).toContain('Resume it to go on, on another executor');
  const run = path.basename(error.detail.run);

  const { code, json, stderr } = await runCli(
    ...['train', '--resume', run, '--executor', 'ort-cpu', '--home', home, '--json'],
  );
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('TensorFlow is not installed');
  const ended = json<{
    status: string;
    trainedOn: { executor: string; device: string; fromStep: number }[];
  }>();
  expect(ended).toMatchObject({ status: 'finished', executor: 'ort-cpu' });
  expect(ended.trainedOn).toEqual([
    { executor: 'ort-cpu', device: expect.stringMatching(/thread/), fromStep: 0 },
  ]);
});

test('doctor tells of every executor what it runs on, and what auto takes', async ({ home }) => {
  const { code, json } = await runCli('doctor', '--home', home, '--json');
  expect(code).toBe(0);
  const { executors, auto } = json<{
    executors: { id: string; available: boolean; device: { name: string; memoryBytes: number } | null }[];
    auto: { executor: string; device: string; because: string };
  }>();
  const cpu = executors.find(({ id }) => id === 'ort-cpu')!;
  expect(cpu.device!.name.length).toBeGreaterThan(0);
  expect(cpu.device!.memoryBytes).toBeGreaterThan(2 ** 28);
  expect(auto).toMatchObject({ executor: 'ort-cpu', because: expect.stringMatching(/./) });
  expect(auto.device).toContain(cpu.device!.name);
  const words = (await runCli('doctor', '--home', home)).stdout;
  expect(words).toContain(`auto takes ort-cpu on ${auto.device}: ${auto.because}`);
  expect(words).toMatch(/ok +ort-cpu/);
});
