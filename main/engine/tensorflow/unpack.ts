/** Libraries and headers out of wheels, by the Python that fetched them. */
import path from 'node:path';
import fs from 'node:fs';
import { installError } from './errors.ts';
import { runTool } from './run-tool.ts';
import type { Way } from './way.ts';

/** Where the parts of wheels go. */
interface Places {
  readonly library: string;
  readonly headers: string;
  readonly licences: string;
}

/** Written by us alone: a name in an archive chooses among three folders and never leads out of them. */
const SCRIPT = String.raw`
import json, os, re, shutil, sys, zipfile
places = json.loads(sys.argv[1])
LIBRARY = re.compile(r'(tensorflow/(libtensorflow_(cc|framework)\.(so\.2|2\.dylib))|nvidia/[^/]+/lib/([^/]+\.so[^/]*))')
HEADER = re.compile(r'tensorflow/include/((tensorflow/(c|core/platform)|tsl|xla/tsl)/[A-Za-z0-9_./-]+\.h)')
LICENCE = re.compile(r'([^/]+\.dist-info/(licenses/)?|tensorflow/(include/)?)((LICENSE|License|NOTICE|THIRD_PARTY)[^/]*)')
def place(wheel, name):
    if '..' in name.split('/'): return None
    if m := LIBRARY.fullmatch(name): return os.path.join(places['library'], os.path.basename(name))
    if m := HEADER.fullmatch(name): return os.path.join(places['headers'], *m[1].split('/'))
    if m := LICENCE.fullmatch(name): return os.path.join(places['licences'], wheel, m[4])
    return None
jobs = []
for file in sys.argv[2:]:
    wheel = os.path.basename(file).split('-')[0]
    for info in zipfile.ZipFile(file).infolist():
        to = None if info.is_dir() else place(wheel, info.filename)
        if to is not None: jobs.append((file, info, to))
total, done = sum(info.file_size for _, info, _ in jobs) or 1, 0
for file, info, to in jobs:
    os.makedirs(os.path.dirname(to), exist_ok=True)
    with zipfile.ZipFile(file).open(info) as source, open(to, 'wb') as target:
        while piece := source.read(1 << 24):
            target.write(piece)
            done += len(piece)
            print('progress', done / total, flush=True)
`;

/** @throws WorkbenchError `engine/install-bad-wheel` */
export async function unpackWheels(
  python: string,
  wheels: readonly string[],
  places: Places,
  { signal, say }: Pick<Way, 'signal' | 'say'>,
): Promise<void> {
  const message = `Unpacking ${wheels.length === 1 ? path.basename(wheels[0]!) : `${wheels.length} wheels`}`;
  say('unpack', message, 0);
  const { code, said } = await runTool(python, ['-c', SCRIPT, JSON.stringify(places), ...wheels], {
    signal,
    onLine: (line) => {
      if (line.startsWith('progress ')) say('unpack', message, Number(line.slice('progress '.length)));
    },
  });
  if (code !== 0) {
    // A wheel that cannot be read would be taken for a good one by the next try.
    for (const wheel of wheels) fs.rmSync(wheel, { force: true });
    throw installError(
      'bad-wheel',
      `${wheels.map((file) => path.basename(file)).join(', ')} could not be unpacked: ${said.split('\n').at(-1)}. They were thrown away; try again.`,
    );
  }
}
