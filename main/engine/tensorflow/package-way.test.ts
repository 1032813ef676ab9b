/** From archives as the package's authors publish them, on a server of this machine. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import { addonPackage } from './package-files.ts';
import { LIBTENSORFLOW, archiveUrls } from './package-way.ts';
import { serveFiles } from './testing/file-server.ts';
import { type Setup, run, setup } from './testing/installing.ts';

describe('the way of the package', () => {
  /** The archives as the package's authors make them. */
  function archives(): { library: Uint8Array; addon: Uint8Array } {
    const folder = scratchFolder();
    const put = (name: string): void => {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), name);
    };
    for (const name of ['lib/libtensorflow.so.2', 'include/tensorflow/c/c_api.h', 'LICENSE'])
      put(`library/${name}`);
    put('addon/napi-v8/tfjs_binding.node');
    return {
      library: execFileSync('tar', ['-cz', '-C', path.join(folder, 'library'), '.']),
      addon: execFileSync('tar', ['-cz', '-C', path.join(folder, 'addon'), 'napi-v8']),
    };
  }

  async function served(files: 'both' | 'library' | 'none', at: Setup) {
    const server = await serveFiles();
    onTestFinished(() => server.close());
    vi.stubEnv('TFJS_NODE_CDN_STORAGE', server.address);
    const { version, napiVersions } = addonPackage();
    const [library, addon] = archiveUrls('cpu', version, napiVersions).map((url) =>
      new URL(url).pathname.slice(1),
    );
    const made = archives();
    if (files !== 'none') server.files.set(library!, { bytes: made.library });
    if (files === 'both') server.files.set(addon!, { bytes: made.addon });
    return { server, at };
  }

  const isPublished = process.arch === 'x64' && process.platform !== 'win32';

  it.skipIf(!isPublished)(
    'fetches the library and the addon, and puts them where they look for each other',
    async () => {
      const { at } = await served('both', setup());
      await run(at, { from: 'package' });
      const folder = path.join(at.home, 'engines', 'tensorflow');
      expect(fs.readFileSync(path.join(folder, 'lib/napi/tfjs_binding.node'), 'utf8')).toContain(
        'tfjs_binding.node',
      );
      // Its run path is $ORIGIN/../../deps/lib.
      expect(fs.existsSync(path.join(folder, 'lib/napi', '../../deps/lib/libtensorflow.so.2'))).toBe(true);
      expect(fs.existsSync(path.join(folder, 'deps/include'))).toBe(false);
      expect(at.installs.list()[0]).toMatchObject({ from: 'package', version: LIBTENSORFLOW });
    },
  );

  it.skipIf(!isPublished)('is left for the wheel where it fails, and says why', async () => {
    const { at } = await served('library', setup());
    const seen = await run(at, {});
    const said = seen.map((progress) => (progress.kind === 'step' ? progress.message : ''));
    expect(said).toContainEqual(expect.stringMatching(/The package way does not serve here: .*answered 404/));
    expect(at.installs.list()[0]).toMatchObject({ from: 'wheel' });
  });

  it.skipIf(!isPublished)('is named beside the wheel way where both fail', async () => {
    const { at } = await served('none', setup({ without: ['g++'] }));
    await expect(run(at, {})).rejects.toMatchObject({
      code: 'engine/install-no-compiler',
      message: expect.stringMatching(
        /neither g\+\+.*The package way does not serve here: .*answered 404/s,
      ) as unknown,
    });
  });

  it('knows where the package keeps what it links with', () => {
    const { folder, version, napiVersions } = addonPackage();
    const constants = fs.readFileSync(path.join(folder, 'scripts/deps-constants.js'), 'utf8');
    expect(/LIBTENSORFLOW_VERSION = '([^']+)'/.exec(constants)?.[1]).toBe(LIBTENSORFLOW);
    expect(archiveUrls('gpu', version, napiVersions, 'linux', 'x64')).toEqual([
      `https://storage.googleapis.com/tensorflow/libtensorflow/libtensorflow-gpu-linux-x86_64-${LIBTENSORFLOW}.tar.gz`,
      `https://storage.googleapis.com/tf-builds/pre-built-binary/napi-v8/${version}/GPU-linux-${version}.tar.gz`,
    ]);
    expect(() => archiveUrls('gpu', version, napiVersions, 'darwin', 'arm64')).toThrow(
      'publish no gpu library',
    );
  });
});
