import { EventEmitter } from 'node:events';
import type { Session, WebContents, WebFrameMain } from 'electron';
import { describe, expect, it, vi } from 'vitest';
import { appOrigin, appUrl } from './app-protocol.ts';
import { guardNavigation, guardPermissions, isExternalAllowed, isOwnFrame } from './guards.ts';

describe('addresses for the browser of the user', () => {
  it.each(['https://arxiv.org/abs/2209.03003', 'https://github.com/a/b', 'https://doi.org/10/x'])(
    '%s is opened',
    (address) => expect(isExternalAllowed(address)).toBe(true),
  );

  it.each([
    'http://arxiv.org/',
    'https://arxiv.org.evil.example/',
    'https://evil.example/?arxiv.org',
    'https://user@arxiv.org/',
    'https://arxiv.org:8443/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'smb://arxiv.org/share',
    'not an address',
    '',
  ])('%s is not', (address) => expect(isExternalAllowed(address)).toBe(false));
});

describe('navigation', () => {
  function guarded(): {
    contents: EventEmitter;
    opened: string[];
    open(url: string): unknown;
    go(url: string, isMainFrame?: boolean): boolean;
  } {
    const opened: string[] = [];
    let opener: (details: { url: string }) => unknown = () => null;
    const contents = Object.assign(new EventEmitter(), {
      setWindowOpenHandler: (handler: typeof opener) => void (opener = handler),
    });
    guardNavigation(contents as unknown as WebContents, (address) => opened.push(address));
    return {
      contents,
      opened,
      open: (url) => opener({ url }),
      go(url, isMainFrame = true) {
        const preventDefault = vi.fn();
        contents.emit('will-frame-navigate', { url, isMainFrame, preventDefault });
        return preventDefault.mock.calls.length === 0;
      },
    };
  }

  it('stays on the one page, which may be loaded again', () => {
    const { go, opened } = guarded();
    expect(go(appUrl)).toBe(true);
    for (const url of [
      `${appOrigin}/other.html`,
      'file:///etc/passwd',
      'https://evil.example/',
      'about:blank',
    ]) {
      expect(go(url)).toBe(false);
    }
    expect(opened).toEqual([]);
  });

  it('hands known links to the browser instead', () => {
    const { go, opened } = guarded();
    expect(go('https://arxiv.org/abs/1')).toBe(false);
    expect(opened).toEqual(['https://arxiv.org/abs/1']);
  });

  it('happens in no frame, for which nothing is opened either', () => {
    const { go, opened } = guarded();
    expect(go(appUrl, false)).toBe(false);
    expect(go('https://arxiv.org/', false)).toBe(false);
    expect(opened).toEqual([]);
  });

  it.each(['will-redirect', 'will-attach-webview'])('%s is refused', (name) => {
    const preventDefault = vi.fn();
    guarded().contents.emit(name, { preventDefault });
    expect(preventDefault).toHaveBeenCalledOnce();
  });

  it('opens no window', () => {
    const { open, opened } = guarded();
    expect(open('https://evil.example/')).toEqual({ action: 'deny' });
    expect(open('https://github.com/x')).toEqual({ action: 'deny' });
    expect(opened).toEqual(['https://github.com/x']);
  });
});

describe('permissions', () => {
  type Handlers = Parameters<typeof guardPermissions>[0];
  type HandlerOf<K extends keyof Session> = Session[K] extends (handler: infer H) => void
    ? NonNullable<H>
    : never;

  function guarded() {
    const set = {
      setPermissionRequestHandler: vi.fn<(handler: HandlerOf<'setPermissionRequestHandler'>) => void>(),
      setPermissionCheckHandler: vi.fn<(handler: HandlerOf<'setPermissionCheckHandler'>) => void>(),
      setDevicePermissionHandler: vi.fn<(handler: HandlerOf<'setDevicePermissionHandler'>) => void>(),
      setBluetoothPairingHandler: vi.fn<(handler: HandlerOf<'setBluetoothPairingHandler'>) => void>(),
      setUSBProtectedClassesHandler: vi.fn<(handler: HandlerOf<'setUSBProtectedClassesHandler'>) => void>(),
    };
    guardPermissions(set as unknown as Handlers);
    return set;
  }

  const refused = [
    'media',
    'geolocation',
    'notifications',
    'midi',
    'openExternal',
    'clipboard-read',
    'fileSystem',
    'unknown',
  ];

  it('writing to the clipboard is all that is granted, and to our page alone', () => {
    const set = guarded();
    const request = set.setPermissionRequestHandler.mock.calls[0]?.[0];
    const check = set.setPermissionCheckHandler.mock.calls[0]?.[0];
    const answerTo = (permission: string, requestingUrl: string): boolean => {
      let granted: boolean | null = null;
      request?.(null as never, permission as never, (is) => (granted = is), { requestingUrl } as never);
      const checked = check?.(null, permission as never, requestingUrl, {} as never);
      expect(checked).toBe(granted);
      return checked ?? true;
    };
    expect(answerTo('clipboard-sanitized-write', `${appOrigin}/`)).toBe(true);
    for (const url of ['https://evil.example/', `${appOrigin}.evil.example/`, '']) {
      expect(answerTo('clipboard-sanitized-write', url)).toBe(false);
    }
    for (const permission of refused) expect(answerTo(permission, `${appOrigin}/`)).toBe(false);
  });

  it('devices are none', () => {
    const set = guarded();
    expect(set.setDevicePermissionHandler.mock.calls[0]?.[0]({ deviceType: 'hid' } as never)).toBe(false);
    const pair = vi.fn();
    set.setBluetoothPairingHandler.mock.calls[0]?.[0]({} as never, pair);
    expect(pair).toHaveBeenCalledWith({ confirmed: false });
    const classes = { protectedClasses: ['hid'] } as never;
    expect(set.setUSBProtectedClassesHandler.mock.calls[0]?.[0](classes)).toEqual(['hid']);
  });
});

it.each([
  ['our page', { origin: appOrigin, parent: null }, true],
  ['a frame in it', { origin: appOrigin, parent: {} as WebFrameMain }, false],
  ['another page', { origin: 'https://evil.example', parent: null }, false],
  ['a page without an origin', { origin: 'null', parent: null }, false],
  ['a frame that has gone', null, false],
])('a message from %s: heard is %s', (_who, frame, isHeard) => {
  expect(isOwnFrame(frame)).toBe(isHeard);
});
