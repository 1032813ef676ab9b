import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '..', '..', '..');

/** Packages that a file loads when it is run, by itself and through what it imports; types load nothing. */
function packagesOf(entry: string): Set<string> {
  const [packages, seen, waiting] = [new Set<string>(), new Set<string>(), [entry]];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const source = fs.readFileSync(file, 'utf8');
    const imports = source.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)'|import\('([^']+)'\)/gm);
    for (const [, plain, lazy] of imports) {
      const specifier = (plain ?? lazy)!;
      if (specifier.startsWith('.')) waiting.push(path.resolve(path.dirname(file), specifier));
      else if (specifier.startsWith('#contract/')) {
        waiting.push(path.join(root, 'preload', specifier.slice(1)));
      } else packages.add(specifier);
    }
  }
  // An entry that imports little would say nothing of the rest.
  expect(seen.size).toBeGreaterThan(30);
  return packages;
}

// A reader starts for every file that is opened, and what it loads is what a file could misuse.
it('loads files, threads, inflation, JPEG and schemas, and no runtime', () => {
  const packages = packagesOf(path.join(import.meta.dirname, 'entry.ts'));
  expect(
    [...packages].filter((name) => !/^node:(fs|path|crypto|zlib|worker_threads)$|^(zod|jpeg-js)$/.test(name)),
  ).toEqual([]);
});
