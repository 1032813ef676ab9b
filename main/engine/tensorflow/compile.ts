/** The addon out of its sources, by a compiler alone: no build system, and no headers of Node's fetched. */
import fs from 'node:fs';
import path from 'node:path';
import { installError } from './errors.ts';
import { copySources } from './package-files.ts';
import { findTool, runTool } from './run-tool.ts';
import type { Way } from './way.ts';

interface Sources extends Pick<Way, 'folder' | 'signal' | 'say'> {
  /** The folder of libtensorflow. */
  readonly library: string;
  /** The folder of TensorFlow's headers; those of Node-API are put beside them. */
  readonly headers: string;
}

/** @throws WorkbenchError `engine/install-no-compiler` */
export function findCompiler(): string {
  const asked = process.env['CXX'];
  const compiler = findTool([
    ...(asked === undefined || asked === '' ? [] : [asked]),
    'g++',
    'clang++',
    'c++',
  ]);
  if (compiler !== null) return compiler;
  const how = process.platform === 'darwin' ? 'xcode-select --install' : 'on Debian: apt install g++';
  throw installError(
    'no-compiler',
    `A C++ compiler builds what binds TensorFlow, and neither g++ nor clang++ is on PATH; install one (${how}) and try again.`,
  );
}

/** Leaves `tfjs_binding.node` in the folder. @throws WorkbenchError `engine/install-compile`, `engine/install-bad-wheel` */
export async function compileAddon(
  compiler: string,
  { folder, library, headers, signal, say }: Sources,
): Promise<void> {
  say('headers', 'Gathering sources and headers', null);
  const isMac = process.platform === 'darwin';
  const [cc, framework] = isMac
    ? ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib']
    : ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
  for (const file of [
    path.join(library, cc!),
    path.join(library, framework!),
    path.join(headers, 'tensorflow'),
  ]) {
    if (!fs.existsSync(file)) {
      throw installError(
        'bad-wheel',
        `Expected ${path.relative(folder, file)} in TensorFlow's wheel, found none; try another way to install.`,
      );
    }
  }
  // The name under which whoever links with TensorFlow's C interface asks for it.
  fs.symlinkSync(cc!, path.join(library, isMac ? 'libtensorflow.dylib' : 'libtensorflow.so'));
  fs.symlinkSync(
    framework!,
    path.join(library, isMac ? 'libtensorflow_framework.dylib' : 'libtensorflow_framework.so'),
  );
  const { sources, headers: nodeApi } = copySources(headers);
  say('compile', `${path.basename(compiler)} compiles the addon`, null);
  const { code, said } = await runTool(
    compiler,
    [
      ...['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-w'],
      ...['-I', headers, '-I', nodeApi],
      ...[path.join(sources, 'tfjs_backend.cc'), path.join(sources, 'tfjs_binding.cc')],
      ...['-L', library, '-ltensorflow', '-ltensorflow_framework'],
      ...(isMac
        ? ['-undefined', 'dynamic_lookup', '-Wl,-rpath,@loader_path/lib']
        : ['-Wl,-rpath,$ORIGIN/lib', ...cudaFlags(library)]),
      ...['-o', path.join(folder, 'tfjs_binding.node')],
    ],
    // Messages of compilers are read by the tests of this and by whoever helps.
    { signal, env: { LC_ALL: 'C' } },
  );
  if (code === 0) return;
  throw installError('compile', `${compiler} could not compile TensorFlow's addon: ${said.slice(-1500)}`, {
    compiler,
  });
}

/**
 * TensorFlow opens NVIDIA's libraries by name at its first use, and they lie on no path that the system
 * searches: as libraries of the addon they are there already by then.
 */
function cudaFlags(library: string): string[] {
  const own = /^libtensorflow/;
  const files = fs.readdirSync(library).filter((name) => /\.so(\.\d+)*$/.test(name) && !own.test(name));
  if (files.length === 0) return [];
  return [
    ...['-Wl,--no-as-needed', '-Wl,--unresolved-symbols=ignore-in-shared-libs'],
    ...files.map((name) => path.join(library, name)),
  ];
}
