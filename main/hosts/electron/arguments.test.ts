import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parseDesktopArguments } from './arguments.ts';

const cwd = resolve('/work/here');

it.each([
  [[], null, []],
  [['--home', 'data'], 'data', []],
  [['--home=data', 'a.csv'], 'data', ['a.csv']],
  [['a.csv', '/far/b.npy'], null, ['a.csv', '/far/b.npy']],
  [['--home', 'first', '--home', 'second'], 'second', []],
  [['--', '--home', '-x'], null, ['--home', '-x']],
] as const)('%j is read, and its paths come out absolute', (argv, home, files) => {
  expect(parseDesktopArguments(argv, cwd)).toEqual({
    home: home === null ? null : resolve(cwd, home),
    files: files.map((file) => resolve(cwd, file)),
  });
});

it("Chromium's switches are neither files nor ours", () => {
  const argv = ['--user-data-dir=/tmp/x', '--no-sandbox', '--inspect=0', '-psn_0_1', 'a.csv', ''];
  expect(parseDesktopArguments(argv, cwd)).toEqual({ home: null, files: [resolve(cwd, 'a.csv')] });
});

it.each([[['--home']], [['--home=']]])('a data folder that is left out (%j) is the usual one', (argv) => {
  expect(parseDesktopArguments(argv, cwd).home).toBeNull();
});
