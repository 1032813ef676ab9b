import { describe, expect, it } from 'vitest';
import { chooseHost } from './start-mode.mjs';

const screen = { DISPLAY: ':0' };

describe('npm start shows the workbench', () => {
  it.each([
    ['linux', { DISPLAY: ':0' }],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }],
    ['darwin', {}],
    ['win32', {}],
  ] as const)('in the desktop app on %s with %j', (platform, env) => {
    expect(chooseHost([], platform, env)).toEqual({ host: 'desktop', isAsked: false, args: [] });
  });

  it.each([{}, { DISPLAY: '' }])('in the browser where there is no display: %j', (env) => {
    expect(chooseHost(['--home', 'x'], 'linux', env)).toEqual({
      host: 'browser',
      isAsked: false,
      args: ['--home', 'x'],
      why: 'there is no display here',
    });
  });

  it.each(['--help', '--port', '--port=0', '--host', '--host=0.0.0.0', '--json', '--open', '--no-open'])(
    'in the browser, without a word, for %s',
    (flag) => {
      expect(chooseHost([flag], 'linux', screen)).toEqual({ host: 'browser', isAsked: true, args: [flag] });
    },
  );

  it('where it is told to, and passes on the rest', () => {
    expect(chooseHost(['--browser', '--home', 'x'], 'linux', screen)).toMatchObject({
      host: 'browser',
      isAsked: true,
      args: ['--home', 'x'],
    });
    expect(chooseHost(['a.csv', '--desktop'], 'linux', screen)).toMatchObject({
      host: 'desktop',
      isAsked: true,
      args: ['a.csv'],
    });
  });

  it('nowhere if that cannot be', () => {
    expect(() => chooseHost(['--desktop'], 'linux', {})).toThrow('no display');
    expect(() => chooseHost(['--desktop', '--browser'], 'linux', screen)).toThrow('--browser');
    expect(() => chooseHost(['--desktop', '--json'], 'linux', screen)).toThrow('--json');
  });
});
