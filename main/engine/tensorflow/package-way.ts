/** The way of the package itself: libtensorflow and a compiled addon, as its authors publish them. */
import fs from 'node:fs';
import path from 'node:path';
import { download } from './download.ts';
import { installError } from './errors.ts';
import { addonPackage } from './package-files.ts';
import { findTool, runTool } from './run-tool.ts';
import type { Built, Way } from './way.ts';

/** What version 4.22 of the package is linked with. */
export const LIBTENSORFLOW = '2.9.1';

/** System and processor as the names of the archives have them. */
const SYSTEMS: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'linux',
  darwin: 'darwin',
  win32: 'windows',
};
const PUBLISHED = [
  'cpu-linux-x86_64',
  'gpu-linux-x86_64',
  'cpu-darwin-x86_64',
  'cpu-windows-x86_64',
  'gpu-windows-x86_64',
];

/** @throws WorkbenchError `engine/install-unsupported`, `engine/install-no-tar` and those of `download` */
export async function fromPackage({ kind, folder, cache, signal, say }: Way): Promise<Built> {
  const { version, napiVersions } = addonPackage();
  const urls = archiveUrls(kind, version, napiVersions);
  const tar = findTool(['tar']);
  if (tar === null) {
    throw installError(
      'no-tar',
      'tar is needed to unpack TensorFlow, and it is not on PATH; install it and try again.',
    );
  }
  const fetched: string[] = [];
  for (const [i, url] of urls.entries()) {
    const name = path.posix.basename(url);
    say('download', `Downloading ${name}`, null);
    fetched.push(
      await download(url, {
        cache,
        signal,
        onProgress: (done, of) =>
          say('download', `Downloading ${name}`, of === null ? null : (i + done / of) / urls.length),
      }),
    );
  }
  // Where the addon looks for the library: its run path is ../../deps/lib.
  const [deps, addons] = [path.join(folder, 'deps'), path.join(folder, 'lib', 'napi')];
  for (const [archive, to, strip] of [
    [fetched[0]!, deps, 0],
    [fetched[1]!, addons, 1],
  ] as const) {
    say('unpack', `Unpacking ${path.basename(archive)}`, null);
    fs.mkdirSync(to, { recursive: true });
    const { code, said } = await runTool(tar, ['-xf', archive, '-C', to, `--strip-components=${strip}`], {
      signal,
    });
    if (code !== 0) {
      fs.rmSync(archive, { force: true });
      throw installError(
        'bad-download',
        `${archive} could not be unpacked: ${said}. It was thrown away; try again.`,
      );
    }
  }
  fs.rmSync(path.join(deps, 'include'), { recursive: true, force: true });
  // Windows looks for a library beside whoever needs it.
  if (process.platform === 'win32') moveLibraries(deps, addons);
  return { addon: path.join('lib', 'napi', 'tfjs_binding.node'), version: LIBTENSORFLOW };
}

/** The library's archive and the addon's. */
export function archiveUrls(
  kind: 'cpu' | 'gpu',
  version: string,
  napiVersions: readonly number[],
  platform: NodeJS.Platform = process.platform,
  arch: string = process.arch,
): [string, string] {
  const system = SYSTEMS[platform];
  const name = `${kind}-${system}-${arch === 'x64' ? 'x86_64' : arch}`;
  if (!PUBLISHED.includes(name)) {
    throw installError(
      'unsupported',
      `The package's authors publish no ${kind} library for ${platform} ${arch}, only ${PUBLISHED.join(', ')}; try --from wheel, or use the executor ort-webgpu.`,
      { platform, arch, kind },
    );
  }
  // The package reads the same variable.
  const base = (process.env['TFJS_NODE_CDN_STORAGE'] ?? 'https://storage.googleapis.com/').replace(
    /\/?$/,
    '/',
  );
  const ending = platform === 'win32' ? 'zip' : 'tar.gz';
  const napi = Math.max(...napiVersions.filter((each) => each <= Number(process.versions.napi)));
  return [
    `${base}tensorflow/libtensorflow/libtensorflow-${name}-${LIBTENSORFLOW}.${ending}`,
    `${base}tf-builds/pre-built-binary/napi-v${napi}/${version}/${kind.toUpperCase()}-${system}-${version}.${ending}`,
  ];
}

function moveLibraries(from: string, to: string): void {
  for (const entry of fs.readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name.endsWith('.dll')) {
      fs.renameSync(path.join(entry.parentPath, entry.name), path.join(to, entry.name));
    }
  }
}
