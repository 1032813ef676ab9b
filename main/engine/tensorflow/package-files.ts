/** What the optional package has that an installation needs: the addon's sources, and where its binary lies. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { installError } from './errors.ts';

const NAME = '@tensorflow/tfjs-node-gpu';
const fromHere = createRequire(import.meta.url);

export interface AddonPackage {
  readonly folder: string;
  readonly version: string;
  /** Versions of Node-API that its binary is published for. */
  readonly napiVersions: readonly number[];
}

/** @throws WorkbenchError `engine/install-no-package` */
export function addonPackage(): AddonPackage {
  let file: string;
  try {
    file = fromHere.resolve(`${NAME}/package.json`);
  } catch (error) {
    throw installError(
      'no-package',
      `The optional package ${NAME} is not part of this installation; install Fewstep with optional packages (npm install, without --omit=optional).`,
      { package: NAME },
      error,
    );
  }
  const { version, binary } = JSON.parse(fs.readFileSync(file, 'utf8')) as {
    version: string;
    binary: { napi_versions: number[] };
  };
  return { folder: path.dirname(file), version, napiVersions: binary.napi_versions };
}

/**
 * Copies the addon's sources and the headers of Node-API out of their packages, which may lie in an archive
 * that no compiler reads.
 */
export function copySources(folder: string): { sources: string; headers: string } {
  const [sources, headers] = [path.join(folder, 'binding'), path.join(folder, 'node-api')];
  copyFiles(path.join(addonPackage().folder, 'binding'), sources);
  const { include_dir: include } = fromHere('node-api-headers') as { include_dir: string };
  copyFiles(include, headers);
  return { sources, headers };
}

function copyFiles(from: string, to: string): void {
  fs.mkdirSync(to, { recursive: true });
  for (const name of fs.readdirSync(from)) {
    if (/\.(cc|h)$/.test(name)) fs.writeFileSync(path.join(to, name), fs.readFileSync(path.join(from, name)));
  }
}
