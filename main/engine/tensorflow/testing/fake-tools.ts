/** Python with pip, a compiler and a card's tool as small scripts: the only programs on PATH. */
import fs from 'node:fs';
import path from 'node:path';
import { vi } from 'vitest';

/** What goes wrong. */
export interface Troubles {
  readonly without?: readonly ('python3' | 'g++' | 'nvidia-smi')[];
  readonly pip?: 'missing' | 'no-wheel' | 'offline' | 'hangs';
  readonly wheel?: 'damaged' | 'without-library';
  readonly compiler?: 'fails';
}

export const WHEEL = 'tensorflow_cpu-2.20.1-cp311-cp311-manylinux_2_17_x86_64.whl';

const TOOLS: Readonly<Record<string, (troubles: Troubles, folder: string) => string>> = {
  python3: ({ pip, wheel }, folder) => `
    const fs = require('node:fs'), path = require('node:path');
    const args = process.argv.slice(2);
    fs.appendFileSync(${JSON.stringify(path.join(folder, 'asked.txt'))}, args.slice(0, 3).join(' ') + '\\n');
    if (args[0] === '-m' && args[2] === '--version') {
      if (${JSON.stringify(pip)} === 'missing') { console.error('No module named pip'); process.exit(1); }
      console.log('pip 25.0 from here (python 3.11)');
    } else if (args[0] === '-m' && args[2] === 'download') {
      if (${JSON.stringify(pip)} === 'no-wheel') {
        console.error('ERROR: No matching distribution found for tensorflow-cpu'); process.exit(1);
      }
      if (${JSON.stringify(pip)} === 'offline') {
        console.error('WARNING: Retrying after connection broken\\nERROR: No matching distribution'); process.exit(1);
      }
      if (${JSON.stringify(pip)} === 'hangs') {
        fs.writeFileSync(${JSON.stringify(path.join(folder, 'pip.pid'))}, String(process.pid));
        setInterval(() => {}, 1000);
      } else {
        const to = args[args.indexOf('--dest') + 1];
        const has = fs.existsSync(path.join(to, '${WHEEL}'));
        console.log((has ? 'Using cached ' : 'Downloading ') + '${WHEEL} (3 MB)');
        fs.writeFileSync(path.join(to, '${WHEEL}'), 'a wheel');
        fs.writeFileSync(path.join(to, 'numpy-2.0-cp311-none-any.whl'), 'of no use');
      }
    } else if (args[0] === '-c') {
      const [places, ...wheels] = [JSON.parse(args[2]), ...args.slice(3)];
      if (wheels.some((file) => !file.endsWith('${WHEEL}'))) throw new Error('asked to unpack ' + wheels);
      if (${JSON.stringify(wheel)} === 'damaged') { console.error('zipfile.BadZipFile: no zip'); process.exit(1); }
      const put = (folder, name, text) => {
        const file = path.join(folder, name);
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, text);
      };
      put(places.library, 'libtensorflow_framework.so.2', 'framework');
      if (${JSON.stringify(wheel)} !== 'without-library') put(places.library, 'libtensorflow_cc.so.2', 'library');
      put(places.headers, 'tensorflow/c/c_api.h', '// header');
      put(places.licences, 'tensorflow_cpu/LICENSE', 'licence');
      console.log('progress 0.5\\nprogress 1');
    } else throw new Error('asked ' + args);`,
  'g++': ({ compiler }, folder) => `
    const fs = require('node:fs');
    const args = process.argv.slice(2);
    fs.writeFileSync(${JSON.stringify(path.join(folder, 'compiled.json'))}, JSON.stringify(args));
    for (const file of args.filter((arg) => arg.endsWith('.cc'))) fs.readFileSync(file);
    if (${JSON.stringify(compiler)} === 'fails') { console.error('tfjs_backend.cc:1: error: no'); process.exit(1); }
    fs.writeFileSync(args[args.indexOf('-o') + 1], 'an addon');`,
  'nvidia-smi': () => `console.log('GPU 0: NVIDIA Test Card (UUID: none)');`,
};

/** Puts them on PATH for the rest of the test, with tar, which archives need. */
export function fakeTools(folder: string, troubles: Troubles = {}): void {
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, script] of Object.entries(TOOLS)) {
    if (troubles.without?.includes(name as 'python3') === true) continue;
    const file = path.join(folder, name);
    fs.writeFileSync(file, `#!${process.execPath}\n${script(troubles, folder)}\n`, { mode: 0o755 });
  }
  for (const name of ['tar', 'gzip']) {
    const real = ['/usr/bin', '/bin']
      .map((each) => path.join(each, name))
      .find((file) => fs.existsSync(file));
    const link = path.join(folder, name);
    if (real !== undefined && !fs.existsSync(link)) fs.symlinkSync(real, link);
  }
  vi.stubEnv('PATH', folder);
  vi.stubEnv('CXX', undefined);
}
