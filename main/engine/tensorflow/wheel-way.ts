/**
 * The way of the wheel: libtensorflow out of TensorFlow's Python package, fetched by pip, and the addon
 * compiled from its sources against it.
 */
import fs from 'node:fs';
import path from 'node:path';
import { compileAddon, findCompiler } from './compile.ts';
import { installError } from './errors.ts';
import { addonPackage } from './package-files.ts';
import { findTool, runTool } from './run-tool.ts';
import { unpackWheels } from './unpack.ts';
import type { Built, Way } from './way.ts';

/** What is known to work with the addon's sources: later ones may take functions away. */
const VERSIONS = '>=2.16,<2.22';
/** Of Python, whose wheels are asked for: TensorFlow has them for this, whichever runs here. */
const PYTHON = '3.11';
/** Downloaded and unpacked, bytes. */
const NEEDED = { cpu: 1.6e9, gpu: 9e9 };

/** @throws WorkbenchError `engine/install-...` */
export async function fromWheel(way: Way): Promise<Built> {
  const { kind, folder, cache, signal, say } = way;
  say('check', 'Looking for Python, pip, a compiler and room on the disk', null);
  requireSystem(kind);
  addonPackage();
  const python = await findPython(signal);
  const compiler = findCompiler();
  if (kind === 'gpu') await requireDriver(signal);
  requireSpace(folder, NEEDED[kind]);

  const wheels = await downloadWheels(python, way);
  const headers = path.join(folder, 'build');
  const library = path.join(folder, 'lib');
  await unpackWheels(python, wheels, { library, headers, licences: path.join(folder, 'licences') }, way);
  const version = versionOf(wheels);
  await compileAddon(compiler, { folder, library, headers, signal, say });
  fs.rmSync(headers, { recursive: true });
  fs.rmSync(path.join(cache, 'wheels'), { recursive: true, force: true });
  return { addon: 'tfjs_binding.node', version };
}

function requireSystem(kind: 'cpu' | 'gpu'): void {
  const { platform, arch } = process;
  const system = `${platform} ${arch}`;
  const fitting = kind === 'gpu' ? ['linux x64'] : ['linux x64', 'linux arm64', 'darwin arm64'];
  if (fitting.includes(system)) return;
  throw installError(
    'unsupported',
    `TensorFlow's ${kind} wheels serve ${fitting.join(', ')}, and this is ${system}; use the executor ort-webgpu instead.`,
    { platform, arch, kind },
  );
}

async function findPython(signal: AbortSignal): Promise<string> {
  const python = findTool(['python3', 'python']);
  if (python === null) {
    throw installError(
      'no-python',
      'pip fetches TensorFlow, and neither python3 nor python is on PATH; install Python 3 with pip (on Debian: apt install python3-pip) and try again.',
    );
  }
  const { code, said } = await runTool(python, ['-m', 'pip', '--version'], { signal });
  if (code === 0) return python;
  throw installError(
    'no-pip',
    `pip fetches TensorFlow, and ${python} has none: ${said.split('\n').at(-1)}. Install it (on Debian: apt install python3-pip; elsewhere: ${python} -m ensurepip) and try again.`,
    { python },
  );
}

async function requireDriver(signal: AbortSignal): Promise<void> {
  const tool = findTool(['nvidia-smi']);
  const answer = tool === null ? null : await runTool(tool, ['-L'], { signal });
  if (answer?.code === 0 && answer.stdout.includes('GPU')) return;
  throw installError(
    'no-driver',
    `TensorFlow computes on NVIDIA cards alone, and ${tool === null ? 'nvidia-smi, which comes with their driver, is not on PATH' : `nvidia-smi finds none: ${answer!.said}`}. Install the driver, use --cpu, or the executor ort-webgpu, which runs on every card.`,
  );
}

function requireSpace(folder: string, needed: number): void {
  const { bavail, bsize } = fs.statfsSync(folder);
  const free = bavail * bsize;
  if (free >= needed) return;
  const inGigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  throw installError(
    'no-space',
    `Expected ${inGigabytes(needed)} free on the disk of ${path.dirname(folder)}, found ${inGigabytes(free)}; make room and try again.`,
    { needed, free },
  );
}

/** What pip has fetched lies in the cache: it takes from there what it would fetch again. */
async function downloadWheels(python: string, { kind, cache, signal, say }: Way): Promise<string[]> {
  const wheels = path.join(cache, 'wheels');
  fs.mkdirSync(wheels, { recursive: true });
  const isMac = process.platform === 'darwin';
  const wanted = kind === 'gpu' ? 'tensorflow[and-cuda]' : isMac ? 'tensorflow' : 'tensorflow-cpu';
  const message = `pip fetches ${wanted}`;
  say('download', message, null);
  const { code, said } = await runTool(
    python,
    [
      ...['-m', 'pip', 'download', '--disable-pip-version-check', '--no-input', '--progress-bar', 'off'],
      ...['--only-binary', ':all:', '--python-version', PYTHON, '--implementation', 'cp'],
      ...(kind === 'gpu' ? [] : ['--no-deps']),
      ...['--cache-dir', path.join(cache, 'pip'), '--dest', wheels, `${wanted}${VERSIONS}`],
    ],
    {
      signal,
      onLine: (line) => {
        const file = /(?:Downloading|Using cached|Saved) (?:\S*\/)?(\S+\.whl)(.*)/.exec(line);
        if (file !== null) say('download', `${message}: ${file[1]}${file[2]}`, null);
      },
    },
  );
  if (code !== 0) {
    // Without a network pip says that there is no such package, and before that why.
    const isOffline = /ConnectionError|connection broken|timed out/i.test(said);
    const isMissing = !isOffline && /No matching distribution|Could not find a version/.test(said);
    throw installError(
      isMissing ? 'no-wheel' : 'download',
      isMissing
        ? `pip's index has no ${wanted} ${VERSIONS} for this system: ${lastLines(said)}`
        : `pip could not fetch ${wanted}: ${lastLines(said)}. Check the connection and try again; what was fetched is kept.`,
      { wanted },
    );
  }
  const found = fs.readdirSync(wheels).filter((name) => name.endsWith('.whl') && isNeeded(name));
  return found.map((name) => path.join(wheels, name));
}

/** Of what TensorFlow asks pip for, its own library and NVIDIA's. */
function isNeeded(wheel: string): boolean {
  return /^(tensorflow(_cpu)?|nvidia_[a-z0-9_]+)-/.test(wheel);
}

function versionOf(wheels: readonly string[]): string {
  const names = wheels.map((file) => /^tensorflow(?:_cpu)?-([^-]+)-/.exec(path.basename(file))?.[1]);
  return names.find((version) => version !== undefined) ?? 'unknown';
}

function lastLines(said: string): string {
  return said
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-3)
    .join(' ');
}
