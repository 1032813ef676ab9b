/** Opens a checkpoint of any format that is known, whatever it is called. */
import fs from 'node:fs';
import path from 'node:path';
import { archiveFormat } from './archive.ts';
import { fileSource, isFolder } from './byte-source.ts';
import type { ByteSource } from './byte-source.ts';
import type { Checkpoint, OpenMode } from './checkpoint.ts';
import { withFileDetail } from './file-detail.ts';
import { openNpy, openNpz } from './npz/index.ts';
import { openOnnx } from './onnx/index.ts';
import { openPytorchLegacy, openPytorchZip } from './pytorch/index.ts';
import { refusal } from './refusal.ts';
import { isRunFolder, openRunFolder, runFolderOf } from './run-folder/index.ts';
import { openSafetensors } from './safetensors/index.ts';
import { openSharded } from './sharded/index.ts';
import { sniff } from './sniff.ts';
import { openZip } from './zip/index.ts';

const INDEX_NAME = /\.safetensors\.index\.json$/;

/**
 * @param file  a file; or a folder: a run of ours, or one that holds the index of a sharded checkpoint
 *   or a single safetensors file
 * @throws WorkbenchError `checkpoint/...`; for what is wrong inside a file, its first and last bytes
 *   are in `detail`
 */
export function openCheckpoint(file: string, mode: OpenMode): Checkpoint {
  if (isFolder(file)) return openFolder(file, mode);
  const run = runFolderOf(file);
  return run === null ? openFile(file, mode) : openRunFolder(run, path.basename(file));
}

function openFolder(folder: string, mode: OpenMode): Checkpoint {
  if (isRunFolder(folder)) return openRunFolder(folder);
  const names = namesIn(folder);
  const indexes = names.filter((name) => INDEX_NAME.test(name));
  const found = indexes.length > 0 ? indexes : names.filter((name) => name.endsWith('.safetensors'));
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw refusal(
      only === undefined ? 'no-file' : 'several-files',
      path.basename(folder),
      'a run, or one safetensors file or index',
      only === undefined ? 'none' : `${found.slice(0, 8).join(', ')}: open one of them`,
    );
  }
  return openFile(path.join(folder, only), mode);
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException;
    throw refusal('no-file', path.basename(folder), 'a readable folder', code);
  }
}

function openFile(file: string, mode: OpenMode): Checkpoint {
  const source = fileSource(file);
  try {
    return openSource(source, path.dirname(file), mode);
  } catch (error) {
    const detailed = withFileDetail(error, source, source.name);
    source.close();
    throw detailed;
  }
}

function openSource(source: ByteSource, folder: string, mode: OpenMode): Checkpoint {
  switch (sniff(source)) {
    case 'safetensors':
      return openSafetensors(source);
    case 'npy':
      return openNpy(source);
    case 'index':
      return openSharded(source, folder);
    case 'onnx':
      return openOnnx(source);
    case 'pytorch-legacy':
      return openPytorchLegacy(source, mode);
    case 'zip': {
      const archive = openZip(source, { methods: 'stored-or-deflated', names: 'exact' });
      return archiveFormat(archive) === 'npz'
        ? openNpz(source, archive)
        : openPytorchZip(source, archive, mode);
    }
  }
}
