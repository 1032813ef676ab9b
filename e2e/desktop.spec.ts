import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from './pages/desktop.ts';
import type { Desktop } from './pages/desktop.ts';

const small = { batch: '128', width: '64', evalEvery: '100000', checkpointEvery: '100' };
const long = { ...small, steps: '100000' };
/** The engine gives views a small share of its time, which two busy cores make long. */
const patient = { timeout: 60_000 };

/** The text or an attribute of a part of the window, asked for through the main process. */
function look(desktop: Desktop, testId: string, property: string): Promise<string | null> {
  return desktop.inWindow(`document.querySelector('[data-testid="${testId}"]')?.${property} ?? null`);
}

function enginePid(desktop: Desktop): Promise<number | undefined> {
  return desktop.evaluate(
    ({ app }) => app.getAppMetrics().find(({ name }) => name === 'Fewstep engine')?.pid,
    undefined,
  );
}

function runFolder(home: string): string {
  const [name] = readdirSync(path.join(home, 'runs'));
  return path.join(home, 'runs', name ?? '');
}

test('the app opens; a run trains to a moving picture, is paused, and goes on after a reload', async ({
  workbench,
}) => {
  await expect(workbench.part('connection')).toHaveText(/Connected/);
  await workbench.train('drifting', long);
  await workbench.show('samples');
  await expect.poll(() => workbench.shownStep(), patient).toBeGreaterThanOrEqual(0);
  const first = await workbench.shownStep();
  await expect.poll(() => workbench.shownStep(), patient).toBeGreaterThan(first);
  expect(await workbench.drawnShare()).toBeGreaterThan(0.002);

  const item = workbench.part('run-item');
  await workbench.part('pause').click();
  await expect(item).toHaveAttribute('data-status', 'paused');
  await workbench.page.reload();
  await expect(item).toHaveAttribute('data-status', 'paused');
  await item.click();
  await workbench.part('resume').click();
  await expect(item).toHaveAttribute('data-status', 'running');
  await workbench.show('samples');
  const paused = await workbench.shownStep();
  await expect.poll(() => workbench.shownStep(), patient).toBeGreaterThan(paused);
});

test('a window that crashes comes back to the training it left', async ({ desktop, workbench }) => {
  await workbench.train('drifting', long);
  await workbench.show('samples');
  await expect.poll(() => workbench.shownStep(), patient).toBeGreaterThan(0);
  const left = await workbench.shownStep();
  const engine = await enginePid(desktop);

  await desktop.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer();
  }, undefined);
  await expect.poll(() => desktop.log()).toMatch(/The window's process ended/);
  await expect.poll(() => look(desktop, 'run-item', 'dataset.status')).toBe('running');
  await look(desktop, 'tab-samples', 'click()');
  await expect
    .poll(async () => Number(await look(desktop, 'stage', 'dataset.step')), patient)
    .toBeGreaterThan(left);
  // The same process trained all along.
  expect(await enginePid(desktop)).toBe(engine);
});

test('an engine that is killed is reported and started again, and its run can be resumed', async ({
  desktop,
  home,
  workbench,
}) => {
  await workbench.train('drifting', long);
  await expect
    .poll(() => {
      const folder = path.join(runFolder(home), 'checkpoints');
      return existsSync(folder) ? readdirSync(folder).length : 0;
    })
    .toBeGreaterThan(1);
  const killed = await enginePid(desktop);
  process.kill(killed ?? 0, 'SIGKILL');
  await expect.poll(() => desktop.log()).toMatch(/The engine ended unexpectedly/);
  await expect(workbench.part('connection')).toHaveText(/Connected/);
  await expect.poll(() => enginePid(desktop)).not.toBe(killed);

  const item = workbench.part('run-item');
  await expect(item).toHaveAttribute('data-status', 'interrupted');
  await item.click();
  await workbench.part('resume').click();
  await expect(item).toHaveAttribute('data-status', 'running');
});

test('a second start hands its file to the app that runs, and names one that is not there', async ({
  desktop,
  home,
  workbench,
}) => {
  const file = path.join(home, 'My circle.csv');
  const rows = Array.from({ length: 200 }, (_, i) => `${Math.cos(i)},${Math.sin(i)}`);
  writeFileSync(file, `x,y\n${rows.join('\n')}\n`);
  await expect(workbench.part('connection')).toHaveText(/Connected/);
  await desktop.startAgain(file);
  await expect(workbench.part('dataset')).toHaveAttribute('data-value', 'my-circle');

  await desktop.startAgain(path.join(home, 'absent.csv'));
  await expect.poll(() => desktop.log()).toContain(`There is no such file: ${path.join(home, 'absent.csv')}`);
});

/** A safetensors file with one matrix. */
function writeCheckpoint(file: string, tensor: string): void {
  const header = JSON.stringify({ [tensor]: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] } });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const values = new Float32Array([1, 2, 3, 4, 5, 6]);
  writeFileSync(file, Buffer.concat([length, Buffer.from(header), Buffer.from(values.buffer)]));
}

test('checkpoints are looked into: from the command line, dropped, and from the dialog', async ({
  desktop,
  home,
  workbench,
}) => {
  const folder = path.join(home, 'a folder of mine');
  mkdirSync(folder);
  const file = (name: string): string => path.join(folder, `${name}.safetensors`);
  for (const name of ['given', 'dropped', 'chosen']) writeCheckpoint(file(name), `${name}.weight`);
  const tree = workbench.part('checkpoint-tree');
  await expect(workbench.part('connection')).toHaveText(/Connected/);

  await desktop.startAgain(file('given'));
  await expect(workbench.part('checkpoint')).toContainText('given.safetensors');
  await expect(tree).toContainText('given');

  const session = await workbench.page.context().newCDPSession(workbench.page);
  const data = { items: [], files: [file('dropped')], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 700, y: 400, data });
    if (type === 'dragOver') await expect(workbench.part('drop-target')).toBeVisible();
  }
  await expect(workbench.part('checkpoint')).toContainText('dropped.safetensors');
  await expect(tree).toContainText('dropped');

  await desktop.evaluate(({ dialog, Menu }, chosen) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] });
    Menu.getApplicationMenu()?.getMenuItemById('checkpoint.open')?.click();
  }, file('chosen'));
  await expect(workbench.part('checkpoint')).toContainText('chosen.safetensors');
  await expect(tree).toContainText('chosen');

  // No process that read a file is left, and the page was told no path.
  await expect
    .poll(() => desktop.evaluate(({ app }) => app.getAppMetrics().map(({ name }) => name), undefined))
    .not.toContain('Fewstep reader');
  expect(await workbench.page.content()).not.toContain('a folder of mine');
});

test('the native menu does what the window can, and greys what it cannot', async ({ desktop, workbench }) => {
  await expect(workbench.part('connection')).toHaveText(/Connected/);
  const enabled = (id: string): Promise<boolean | undefined> =>
    desktop.evaluate(({ Menu }, command) => Menu.getApplicationMenu()?.getMenuItemById(command)?.enabled, id);
  await expect.poll(() => enabled('run.new')).toBe(true);
  await expect.poll(() => enabled('run.stop')).toBe(false);
  await desktop.evaluate(({ Menu }) => {
    Menu.getApplicationMenu()?.getMenuItemById('run.new')?.click();
  }, undefined);
  await expect(workbench.part('new-run-form')).toBeVisible();
});

test('the window stays on its page, and nothing beside it is served', async ({ desktop, workbench }) => {
  const { page } = workbench;
  await expect(workbench.part('connection')).toHaveText(/Connected/);
  const address = page.url();
  await page.evaluate(() => {
    window.location.href = 'https://example.com/';
  });
  expect(await page.evaluate(() => window.open('https://example.com/'))).toBeNull();
  await expect(workbench.part('connection')).toHaveText(/Connected/);
  expect(page.url()).toBe(address);
  expect(await desktop.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length, undefined)).toBe(
    1,
  );

  const statuses = await page.evaluate(async () => {
    const asked: [string, RequestInit][] = [
      ['/index.html', {}],
      ['/../package.json', {}],
      ['/..%2f..%2fpackage.json', {}],
      ['/%2e%2e%2f%2e%2e%2fpackage.json', {}],
      ['/..%5c..%5cpackage.json', {}],
      ['/.%00/index.html', {}],
      ['/index.html', { method: 'POST' }],
    ];
    return Promise.all(asked.map(([url, init]) => fetch(url, init).then(({ status }) => status)));
  });
  expect(statuses).toEqual([200, 404, 404, 404, 404, 404, 405]);
  // Nothing of Electron's or Node's is in the page: only the functions of the bridge.
  const globals = await page.evaluate(() => {
    const bridge = (window as unknown as Record<string, Record<string, unknown>>)['fewstepDesktop'] ?? {};
    const loose = ['require', 'process', 'module', 'ipcRenderer', 'electron'].filter(
      (name) => name in window,
    );
    return { loose, bridge: Object.keys(bridge).sort() };
  });
  expect(globals).toEqual({
    loose: [],
    bridge: [
      'connectEngine',
      'grantFile',
      'onCommand',
      'onOpenFile',
      'openCheckpointDialog',
      'platform',
      'setEnabledCommands',
    ],
  });
});

test('closing the window saves what trains, and then the app ends', async ({ desktop, home, workbench }) => {
  test.skip(process.platform === 'darwin', 'on a Mac the app stays when its last window closes');
  await workbench.train('drifting', long);
  await workbench.show('samples');
  await expect.poll(() => workbench.shownStep(), patient).toBeGreaterThan(0);
  await desktop.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close(), undefined);
  expect(await desktop.exited).toBe(0);
  const folder = runFolder(home);
  const { status, step } = JSON.parse(readFileSync(path.join(folder, 'run.json'), 'utf8')) as {
    status: string;
    step: number;
  };
  expect(status).not.toBe('running');
  expect(readdirSync(path.join(folder, 'checkpoints'))).toContain(`step-${step}.safetensors`);
});
