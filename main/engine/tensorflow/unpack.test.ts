import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import { findTool } from './run-tool.ts';
import { unpackWheels } from './unpack.ts';

const never = new AbortController().signal;

/** A wheel of files that each hold their own name. */
const MAKE = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    for name in sys.argv[2:]: wheel.writestr(name, name)
`;

it('takes libraries, headers and licences out of a wheel, and lets no name lead out of their folders', async ({
  skip,
}) => {
  const python = findTool(['python3', 'python']);
  if (python === null) return skip('python is not on PATH');
  const scratch = scratchFolder();
  const wheel = path.join(scratch, 'tensorflow_cpu-2.21.0-cp311-cp311-any.whl');
  execFileSync(python, [
    ...['-c', MAKE, wheel, 'tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'],
    ...['tensorflow/include/tensorflow/c/c_api.h', 'tensorflow/include/xla/tsl/c/tsl_status.h'],
    ...['tensorflow/include/../../../../evil.h', '../evil.so', '/evil.so', 'nvidia/../../lib/evil.so'],
    ...['tensorflow/include/LICENSE', 'tensorflow_cpu-2.21.0.dist-info/licenses/NOTICE'],
    ...['tensorflow/python/framework.py', 'tensorflow/include/google/protobuf/message.h'],
    ...['nvidia/cublas/lib/libcublas.so.12', 'nvidia/cublas/lib/deeper/libx.so'],
  ]);
  const out = path.join(scratch, 'deep', 'out');
  const seen: (number | null)[] = [];
  await unpackWheels(
    python,
    [wheel],
    { library: `${out}/lib`, headers: `${out}/build`, licences: `${out}/licences` },
    { signal: never, say: (_step, _message, fraction) => void seen.push(fraction) },
  );
  const found = fs
    .readdirSync(scratch, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== path.basename(wheel))
    .map((entry) => path.relative(out, path.join(entry.parentPath, entry.name)))
    .sort();
  expect(found).toEqual([
    'build/tensorflow/c/c_api.h',
    'build/xla/tsl/c/tsl_status.h',
    'lib/libcublas.so.12',
    'lib/libtensorflow_cc.so.2',
    'lib/libtensorflow_framework.so.2',
    'licences/tensorflow_cpu/LICENSE',
    'licences/tensorflow_cpu/NOTICE',
  ]);
  expect(seen.at(-1)).toBe(1);
});

it('throws a wheel away that is none', async ({ skip }) => {
  const python = findTool(['python3', 'python']);
  if (python === null) return skip('python is not on PATH');
  const scratch = scratchFolder();
  const wheel = path.join(scratch, 'tensorflow_cpu-2.21.0-cp311-cp311-any.whl');
  fs.writeFileSync(wheel, 'not a zip');
  const places = { library: scratch, headers: scratch, licences: scratch };
  await expect(unpackWheels(python, [wheel], places, { signal: never, say: () => {} })).rejects.toMatchObject(
    {
      code: 'engine/install-bad-wheel',
    },
  );
  expect(fs.existsSync(wheel)).toBe(false);
});
