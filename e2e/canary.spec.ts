import { expect, test } from './pages/journey.ts';

test('the browser draws with WebGL 2', async ({ page }) => {
  const pixel = await page.evaluate(() => {
    const gl = document.createElement('canvas').getContext('webgl2');
    if (gl === null) return 'no WebGL 2';
    gl.clearColor(1, 0.2, 0, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const rgba = new Uint8Array(4);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, rgba);
    return [...rgba];
  });
  expect(pixel).toEqual([255, 51, 0, 255]);
});

test.fail('a journey fails when the page throws', async ({ page }) => {
  const thrown = page.waitForEvent('pageerror');
  await page.evaluate(() => {
    setTimeout(() => {
      throw new Error('planted');
    });
  });
  await thrown;
});

test.fail('a journey fails when the page logs an error', async ({ page }) => {
  const logged = page.waitForEvent('console');
  await page.evaluate(() => console.error('planted'));
  await logged;
});
