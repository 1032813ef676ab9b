/** What lies beside the program: found from where this file runs, sources or out/main. */
import fs from 'node:fs';
import path from 'node:path';

interface Package {
  readonly folder: string;
  readonly version: string;
}

function ownPackage(): Package | null {
  let folder = import.meta.dirname;
  for (;;) {
    const file = path.join(folder, 'package.json');
    if (fs.existsSync(file)) {
      const { name, version } = JSON.parse(fs.readFileSync(file, 'utf8')) as {
        name: string;
        version: string;
      };
      if (name === 'fewstep') return { folder, version };
    }
    const parent = path.dirname(folder);
    if (parent === folder) return null;
    folder = parent;
  }
}

/** The version in package.json. */
export function programVersion(): string {
  return ownPackage()?.version ?? 'unknown';
}

/** The folder of the runs that ship with the program. */
export function shippedDemos(): string | null {
  const own = ownPackage();
  return own === null ? null : path.join(own.folder, 'resources', 'demos');
}
