import { expect, test } from './pages/journey.ts';
import { startServer } from './pages/server.ts';

test.describe('a wrong token', () => {
  // The refusal is the point: the browser logs it as a failed load.
  test('is refused with a page that says where the right address is', async ({ page, server, troubles }) => {
    const { origin } = new URL(server.url);
    const response = await page.goto(`${origin}/?token=wrong`);
    expect(response?.status()).toBe(401);
    await expect(page.locator('body')).toContainText(/token/i);
    troubles.length = 0;
  });
});

test('a port that is taken is named, with what to do', async ({ home, server }) => {
  const { port } = new URL(server.url);
  await expect(startServer(home, ['--port', port])).rejects.toThrow(new RegExp(`${port}.*server/port-busy`));
});
