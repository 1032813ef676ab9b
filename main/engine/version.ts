/** The version in package.json, found from where this file runs: sources or out/main. */
import fs from 'node:fs';
import path from 'node:path';

export function programVersion(): string {
  let folder = import.meta.dirname;
  for (;;) {
    const file = path.join(folder, 'package.json');
    if (fs.existsSync(file)) {
      const { name, version } = JSON.parse(fs.readFileSync(file, 'utf8')) as {
        name: string;
        version: string;
      };
      if (name === 'fewstep') return version;
    }
    const parent = path.dirname(folder);
    if (parent === folder) return 'unknown';
    folder = parent;
  }
}
