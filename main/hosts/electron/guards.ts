import type { Event, Session, WebContents, WebFrameMain } from 'electron';
import { appOrigin, appUrl } from './app-protocol.ts';

/** Hosts that a link in the window may open in the user's browser: papers, and their code. */
const externalHosts: readonly string[] = ['arxiv.org', 'github.com', 'doi.org'];

/** Whether an address may be handed to the system's browser. */
export function isExternalAllowed(address: string): boolean {
  try {
    const { protocol, hostname, port, username, password } = new URL(address);
    const isPlain = port === '' && username === '' && password === '';
    return protocol === 'https:' && isPlain && externalHosts.includes(hostname);
  } catch {
    return false;
  }
}

/** The window stays on its one page: all else is refused, and known links go to the user's browser. */
export function guardNavigation(
  contents: Pick<WebContents, 'on' | 'setWindowOpenHandler'>,
  openExternal: (address: string) => void,
): void {
  function openOutside(address: string): void {
    if (isExternalAllowed(address)) openExternal(address);
  }
  // Redirects and subframes pass `will-frame-navigate` too; the page may only load itself again.
  contents.on('will-frame-navigate', (event) => {
    if (event.isMainFrame && event.url === appUrl) return;
    event.preventDefault();
    if (event.isMainFrame) openOutside(event.url);
  });
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event: Event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url);
    return { action: 'deny' };
  });
}

/** What the page may ask the browser for: to write to the clipboard. */
function isPermitted(permission: string): boolean {
  return permission === 'clipboard-sanitized-write';
}

/** Denies the page cameras, notifications, devices and the rest. */
export function guardPermissions(
  session: Pick<
    Session,
    | 'setPermissionRequestHandler'
    | 'setPermissionCheckHandler'
    | 'setDevicePermissionHandler'
    | 'setBluetoothPairingHandler'
    | 'setUSBProtectedClassesHandler'
  >,
): void {
  session.setPermissionRequestHandler((_contents, permission, answer, { requestingUrl }) =>
    answer(isPermitted(permission) && isOwnUrl(requestingUrl)),
  );
  session.setPermissionCheckHandler(
    (_contents, permission, requestingOrigin) => isPermitted(permission) && isOwnUrl(requestingOrigin),
  );
  session.setDevicePermissionHandler(() => false);
  session.setBluetoothPairingHandler((_details, answer) => answer({ confirmed: false }));
  session.setUSBProtectedClassesHandler(({ protectedClasses }) => protectedClasses);
}

function isOwnUrl(address: string): boolean {
  return address === appOrigin || address.startsWith(`${appOrigin}/`);
}

/** Whether a message came from the page of our own window and not from a frame in it. */
export function isOwnFrame(frame: Pick<WebFrameMain, 'origin' | 'parent'> | null): boolean {
  return frame !== null && frame.parent === null && frame.origin === appOrigin;
}
