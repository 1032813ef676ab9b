import { expect, it } from 'vitest';
import { mayHaveVulkan } from './loader.ts';
import type { Surroundings } from './surroundings.ts';

function machine(of: {
  platform?: NodeJS.Platform;
  cache?: string | null;
  folders?: Record<string, readonly string[]>;
  path?: string;
}): Surroundings {
  return {
    platform: of.platform ?? 'linux',
    env: of.path === undefined ? {} : { LD_LIBRARY_PATH: of.path },
    memoryBytes: 0,
    read: (file) => (file === '/etc/ld.so.cache' ? (of.cache ?? null) : null),
    list: (folder) => of.folders?.[folder] ?? [],
    ask: () => Promise.resolve(null),
  };
}

const WITHOUT = 'ld.so-1.7.0\0libc.so.6\0/lib/x86_64-linux-gnu/libc.so.6\0';
const loader = ['libvulkan.so.1'];

it('is found in the cache of the linker, beside the program and where the environment says', () => {
  expect(mayHaveVulkan(machine({ cache: `${WITHOUT}libvulkan.so.1\0` }), '/app')).toBe(true);
  expect(mayHaveVulkan(machine({ cache: WITHOUT, folders: { '/app': loader } }), '/app')).toBe(true);
  expect(mayHaveVulkan(machine({ cache: WITHOUT, folders: { '/b': loader }, path: '/a:/b' }), '/app')).toBe(
    true,
  );
});

it('is missing where none of them has it', () => {
  expect(mayHaveVulkan(machine({ cache: WITHOUT, path: ':/a' }), '/app')).toBe(false);
});

it('is tried where nobody can tell', () => {
  expect(mayHaveVulkan(machine({ cache: null }), '/app')).toBe(true);
  expect(mayHaveVulkan(machine({ platform: 'darwin', cache: WITHOUT }), '/app')).toBe(true);
});
