/** protocol: a custom scheme, mapped to addresses that Chromium accepts and never looks up. */
import type { Route } from '@playwright/test';

type Handler = (request: Request) => Promise<Response> | Response;

const handlers = new Map<string, Handler>();
const registered = new Set<string>();

export const protocol = {
  registerSchemesAsPrivileged(schemes: readonly { scheme: string }[]): void {
    for (const { scheme } of schemes) registered.add(scheme);
  },
  handle(scheme: string, handler: Handler): void {
    if (!registered.has(scheme)) throw new Error(`The scheme ${scheme} has no privileges`);
    handlers.set(scheme, handler);
  },
};

/** `app://fewstep/x` as `https://fewstep.app.test/x`. */
export function pageUrlFrom(appUrl: string): string {
  return appUrl.replace(/^([a-z]+):\/\/([^/]+)/, (whole, scheme: string, host: string) =>
    registered.has(scheme) ? `https://${host}.${scheme}.test` : whole,
  );
}

export function appUrlFrom(pageUrl: string): string {
  return pageUrl.replace(/^https:\/\/([^/]+)\.([a-z]+)\.test/, (whole, host: string, scheme: string) =>
    registered.has(scheme) ? `${scheme}://${host}` : whole,
  );
}

/** Answers a request of a page with the scheme's handler; nothing else is to be had. */
export async function answer(route: Route): Promise<void> {
  const request = route.request();
  const url = appUrlFrom(request.url());
  const handler = handlers.get(new URL(url).protocol.slice(0, -1));
  if (handler === undefined) {
    await route.abort('namenotresolved');
    return;
  }
  const response = await handler(new Request(url, { method: request.method() }));
  await route.fulfill({
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()),
  });
}
