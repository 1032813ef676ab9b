import { readFile, rm } from 'node:fs/promises';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { build } from 'vite';
import { expect, test as base } from './pages/journey.ts';

/**
 * The scene alone, on made-up paths: 100 000 of them would take a teacher longer to compute than a test
 * may last. The page is `scene-harness/`, bundled with the scene that the window has.
 */
const test = base.extend<{ scene: Page }, { harness: string }>({
  harness: [
    async ({}, use) => {
      const out = mkdtempSync(path.join(tmpdir(), 'fewstep-scene-'));
      await build({
        configFile: false,
        root: path.join(import.meta.dirname, 'scene-harness'),
        base: './',
        logLevel: 'error',
        build: { outDir: out, emptyOutDir: true },
      });
      await use(out);
      await rm(out, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],

  scene: async ({ page, harness }, use) => {
    await page.route('http://scene.test/**', async (route) => {
      const name = new URL(route.request().url()).pathname.slice(1) || 'index.html';
      const contentType = name.endsWith('.js') ? 'text/javascript' : 'text/html';
      await route.fulfill({ body: await readFile(path.join(harness, name)), contentType });
    });
    await page.goto('http://scene.test/');
    await use(page);
  },
});

// Small, so that the software renderer spends its time on paths rather than on pixels.
test.use({ viewport: { width: 720, height: 480 } });

const looks = ['flat', 'spaceTime', 'side'] as const;
const colourings = ['time', 'speed', 'group', 'flat'] as const;

function counts(scene: Page) {
  return scene.evaluate(() => window.scene.counts);
}

async function show(scene: Page, paths: number, records: number): Promise<void> {
  await scene.evaluate(
    async ([count, length]) => {
      window.scene.show(count!, length!);
      await window.scene.settled();
    },
    [paths, records],
  );
}

test('a scene of 100 000 paths takes five draw calls at most, and scrubbing sends nothing', async ({
  scene,
}) => {
  // Millions of vertices, without a GPU.
  test.setTimeout(400_000);
  await show(scene, 100_000, 64);
  const before = await counts(scene);
  expect(before.drawCalls).toBeLessThanOrEqual(5);
  const drawCalls = await scene.evaluate(
    async ([allLooks, allColourings]) => {
      const seen: number[] = [];
      // Sixty positions, through every look, colouring and length of the tail.
      for (let position = 0; position < 60; position += 1) {
        window.scene.time(1 - position / 59);
        window.scene.look(allLooks[Math.floor(position / 20)]!);
        window.scene.colourBy(allColourings[Math.floor(position / 15)]!);
        window.scene.tail(position % 2 === 0 ? 1 : 0.2);
        await window.scene.drawn();
        seen.push(window.scene.counts.drawCalls);
      }
      return seen;
    },
    [looks, colourings] as const,
  );
  const after = await counts(scene);
  expect(after.uploads).toBe(before.uploads);
  expect(after.frames).toBeGreaterThanOrEqual(before.frames + 60);
  expect(Math.max(...drawCalls)).toBeLessThanOrEqual(5);
});

test('picked paths stand out within the same five draw calls', async ({ scene }) => {
  await show(scene, 10_000, 33);
  await scene.evaluate(async () => {
    window.scene.select([1, 2, 3], 4);
    await window.scene.drawn();
  });
  const picked = await counts(scene);
  expect(picked.drawCalls).toBe(5);
  await scene.evaluate(async () => {
    for (const t of [1, 0.5, 0]) {
      window.scene.time(t);
      await window.scene.drawn();
    }
  });
  expect((await counts(scene)).uploads).toBe(picked.uploads);
});

test('the sample under the pointer is found in every look, and those in a box', async ({ scene }) => {
  // Few enough that dots do not lie on each other.
  await show(scene, 40, 33);
  for (const look of looks) {
    const found = await scene.evaluate(async (shown) => {
      window.scene.look(shown);
      window.scene.time(0.6);
      await window.scene.drawn();
      const answers: { sample: number; place: [number, number]; picked: number | null }[] = [];
      for (let sample = 0; sample < 40; sample += 3) {
        const place = window.scene.place(sample);
        answers.push({ sample, place, picked: (await window.scene.pick(...place))?.index ?? null });
      }
      return answers;
    }, look);
    for (const { sample, place, picked } of found) {
      // Another dot may lie as near; it has to be within a dot's width.
      const [px, py] = await scene.evaluate((index) => window.scene.place(index!), picked ?? sample);
      expect(picked, `sample ${sample} in ${look}`).not.toBeNull();
      expect(Math.hypot(px! - place[0], py! - place[1])).toBeLessThan(5);
      const inside = await scene.evaluate(
        ([x, y]) => window.scene.inside({ left: x! - 1, top: y! - 1, right: x! + 1, bottom: y! + 1 }),
        place,
      );
      expect(inside).toContain(sample);
    }
    expect(await scene.evaluate(() => window.scene.pick(2, 2))).toBeNull();
  }
});

test('a lost graphics context comes back with everything that was drawn', async ({ scene }) => {
  await show(scene, 500, 33);
  const inked = () =>
    scene
      .locator('canvas')
      .screenshot()
      .then((image) => image.length);
  await scene.evaluate(async () => {
    window.scene.time(0);
    await window.scene.settled();
  });
  const before = await inked();
  await scene.evaluate(() => window.scene.loseAndRestore());
  await expect.poll(inked).toBe(before);
  expect(await scene.evaluate(() => window.scene.events)).toEqual(['lost', 'restored']);
});

test('playing 10 000 paths leaves the main thread free', async ({ scene }, testInfo) => {
  await show(scene, 10_000, 33);
  const { uploads } = await counts(scene);
  const played = await scene.evaluate(async () => {
    window.scene.longTasksMs.length = 0;
    const frames = await window.scene.play(2000);
    return { frames, longTasksMs: [...window.scene.longTasksMs] };
  });
  expect((await counts(scene)).uploads).toBe(uploads);
  expect(played.frames).toBeGreaterThan(1);
  // How long a task takes is the machine's affair as much as ours: it is told, not judged.
  testInfo.annotations.push({
    type: 'long tasks',
    description: `${played.frames} frames in 2 s, tasks above 50 ms: ${played.longTasksMs.map(Math.round).join(', ') || 'none'}`,
  });
});
