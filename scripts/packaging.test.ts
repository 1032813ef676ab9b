import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import packaging from '../electron-builder.config.mjs';
import { root } from './paths.mjs';

const runtime = 'node_modules/onnxruntime-node/bin';
const natives = globSync(`${runtime}/**/*.*`, { cwd: root }).filter((file) =>
  /\.(node|dll|dylib)$|\.so(\.|$)/.test(file),
);

function patterns(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((each): each is string => typeof each === 'string');
}

/** Whether a file is in the package for an architecture, by the rule that later patterns win. */
function isPacked(file: string, arch: string): boolean {
  let isIn = false;
  for (const pattern of patterns(packaging.files)) {
    const glob = pattern.replace(/^!/, '').replaceAll('${arch}', arch);
    if (path.matchesGlob(file, glob)) isIn = !pattern.startsWith('!');
  }
  return isIn;
}

function isExcluded(file: string, arch: string): boolean {
  return patterns(packaging.files)
    .filter((pattern) => pattern.startsWith('!'))
    .some((pattern) => path.matchesGlob(file, pattern.slice(1).replaceAll('${arch}', arch)));
}

describe('the package', () => {
  it('leaves every native library outside of the archive', () => {
    expect(natives.length).toBeGreaterThan(10);
    const unpacked = patterns(packaging.asarUnpack);
    expect(natives.filter((file) => !unpacked.some((pattern) => path.matchesGlob(file, pattern)))).toEqual(
      [],
    );
  });

  it('takes the runtime of its own system and processor, and of no other', () => {
    for (const arch of ['x64', 'arm64']) {
      const kept = natives.filter((file) => !isExcluded(file, arch));
      const own = natives.filter((file) => file.includes(`/${process.platform}/${arch}/`));
      expect(kept).toEqual(own);
    }
  });

  it('has what installs and runs TensorFlow, and no second TensorFlow.js', () => {
    const own = 'node_modules/@tensorflow/tfjs-node-gpu';
    for (const file of ['package.json', 'dist/kernels/Abs.js', 'binding/tfjs_binding.cc']) {
      expect(isExcluded(`${own}/${file}`, 'x64'), file).toBe(false);
    }
    for (const file of ['tfjs-core/dist/index.js', 'tfjs/dist/tf.node.js', 'tfjs-node-gpu/src/index.ts']) {
      expect(isExcluded(`node_modules/@tensorflow/${file}`, 'x64'), file).toBe(true);
    }
  });

  it('holds what was built and no sources', () => {
    for (const file of [
      'out/main/desktop.js',
      'out/main/chunks/x-1.js',
      'out/preload/index.cjs',
      'out/renderer/index.html',
    ]) {
      expect(isPacked(file, 'x64'), file).toBe(true);
    }
    for (const file of [
      'main/hosts/cli/main.ts',
      'renderer/main.ts',
      'scripts/start.mjs',
      'out/build.lock',
      'e2e/desktop.spec.ts',
      '.npmrc',
    ]) {
      expect(isPacked(file, 'x64'), file).toBe(false);
    }
    // Files given for one system alone would bring the whole folder with them.
    for (const system of [packaging.linux, packaging.mac, packaging.win])
      expect(system).not.toHaveProperty('files');
  });

  it('begins with the entry that the build makes', () => {
    const { main } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { main: string };
    expect(main).toBe('out/main/desktop.js');
    expect(isPacked(main, 'x64')).toBe(true);
  });

  it('names only files that are there, and makes packages for three systems', () => {
    const { linux, mac, win } = packaging;
    for (const file of [linux?.icon, mac?.icon, win?.icon, mac?.entitlements, mac?.entitlementsInherit]) {
      expect(typeof file === 'string' && existsSync(path.join(root, file)), String(file)).toBe(true);
    }
    expect(mac?.hardenedRuntime).toBe(true);
    const targets = [linux, mac, win].map((system) =>
      [system?.target].flat().map((each) => (typeof each === 'object' ? each?.target : each)),
    );
    expect(targets).toEqual([['AppImage'], ['dmg', 'zip'], ['nsis']]);
  });
});

describe('the icons', () => {
  const bytes = (name: string): Buffer => readFileSync(path.join(root, 'resources/icons', name));
  const pngSize = (png: Buffer): number => {
    expect(png.subarray(1, 4).toString('latin1')).toBe('PNG');
    expect(png.readUInt32BE(16)).toBe(png.readUInt32BE(20));
    return png.readUInt32BE(16);
  };

  it('are large enough for Linux', () => expect(pngSize(bytes('icon.png'))).toBe(512));

  it('of macOS hold every size as a PNG', () => {
    const file = bytes('icon.icns');
    expect(file.subarray(0, 4).toString()).toBe('icns');
    expect(file.readUInt32BE(4)).toBe(file.length);
    const sizes: number[] = [];
    for (let at = 8; at < file.length; at += file.readUInt32BE(at + 4)) {
      sizes.push(pngSize(file.subarray(at + 8, at + file.readUInt32BE(at + 4))));
    }
    expect([...new Set(sizes)].sort((a, b) => a - b)).toEqual([32, 64, 128, 256, 512, 1024]);
  });

  it('of Windows hold the sizes that they announce', () => {
    const file = bytes('icon.ico');
    const count = file.readUInt16LE(4);
    const announced = Array.from({ length: count }, (_, i) => file.readUInt8(6 + 16 * i) || 256);
    const held = Array.from({ length: count }, (_, i) => {
      const at = file.readUInt32LE(6 + 16 * i + 12);
      return pngSize(file.subarray(at, at + file.readUInt32LE(6 + 16 * i + 8)));
    });
    expect(held).toEqual(announced);
    expect(held).toContain(256);
  });
});
