/** From the wheel, with fakes of pip and of a compiler. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Troubles, WHEEL, fakeTools } from './testing/fake-tools.ts';
import { remains, run, setup } from './testing/installing.ts';

describe('the wheel way', () => {
  it('goes through its steps and leaves an engine, and nothing that only building needed', async () => {
    const verify = vi.fn(async () => {});
    const at = setup({}, verify);
    const seen = await run(at);
    const steps = seen.flatMap((progress) => (progress.kind === 'step' ? [progress.step] : ['done']));
    expect([...new Set(steps)]).toEqual([
      ...['check', 'download', 'unpack', 'headers', 'compile', 'verify', 'finish', 'done'],
    ]);
    expect(verify).toHaveBeenCalledOnce();
    const folder = path.join(at.home, 'engines', 'tensorflow');
    expect(fs.readdirSync(folder).sort()).toEqual(['engine.json', 'lib', 'licences', 'tfjs_binding.node']);
    expect(fs.readlinkSync(path.join(folder, 'lib', 'libtensorflow.so'))).toBe('libtensorflow_cc.so.2');
    expect(remains(at)).toEqual(['tensorflow']);
    const [engine] = at.installs.list();
    expect(engine).toMatchObject({ id: 'tensorflow', kind: 'cpu', from: 'wheel', version: '2.20.1', folder });
    expect(engine!.bytes).toBeGreaterThan(0);
    expect(seen.at(-1)).toEqual({ kind: 'done', engine });
    expect(at.changes()).toBe(1);
  });

  it('compiles the sources of the package against the wheel, to be found from where it lies', async () => {
    const at = setup();
    await run(at);
    const args = JSON.parse(fs.readFileSync(path.join(at.tools, 'compiled.json'), 'utf8')) as string[];
    expect(args).toEqual(
      expect.arrayContaining(['-ltensorflow', '-ltensorflow_framework', '-Wl,-rpath,$ORIGIN/lib']),
    );
    expect(args.filter((arg) => arg.endsWith('.cc')).map((file) => path.basename(file))).toEqual([
      'tfjs_backend.cc',
      'tfjs_binding.cc',
    ]);
  });

  it.each<[string, Troubles, RegExp]>([
    [
      'no-python',
      { without: ['python3'] },
      /neither python3 nor python is on PATH; install Python 3 with pip/,
    ],
    ['no-pip', { pip: 'missing' }, /has none: No module named pip\. Install it/],
    ['no-compiler', { without: ['g++'] }, /neither g\+\+ nor clang\+\+ is on PATH; install one/],
    ['no-wheel', { pip: 'no-wheel' }, /index has no tensorflow-cpu .*No matching distribution/],
    ['download', { pip: 'offline' }, /connection broken .*No matching distribution.*Check the connection/],
    ['bad-wheel', { wheel: 'damaged' }, /could not be unpacked: zipfile\.BadZipFile: no zip\. .*try again/],
    [
      'bad-wheel',
      { wheel: 'without-library' },
      /Expected lib\/libtensorflow_cc\.so\.2 in TensorFlow's wheel/,
    ],
    ['compile', { compiler: 'fails' }, /could not compile TensorFlow's addon: tfjs_backend\.cc:1: error: no/],
  ])('says %s, and leaves nothing half done', async (code, troubles, message) => {
    const at = setup(troubles);
    await expect(run(at)).rejects.toMatchObject({
      code: `engine/install-${code}`,
      message: expect.stringMatching(message) as unknown,
    });
    expect(remains(at)).toEqual(['.cache']);
    expect(at.installs.list()).toEqual([]);
    expect(at.changes()).toBe(0);
  });

  it('asks for a card before anything is fetched for one', async () => {
    const at = setup({ without: ['nvidia-smi'] });
    await expect(run(at, { kind: 'gpu', from: 'wheel' })).rejects.toMatchObject({
      code: 'engine/install-no-driver',
      message: expect.stringMatching(/nvidia-smi.*not on PATH.*ort-webgpu/s) as unknown,
    });
    expect(fs.readFileSync(path.join(at.tools, 'asked.txt'), 'utf8')).not.toContain('download');
  });

  it('asks for room on the disk before anything is fetched', async () => {
    const at = setup();
    const spy = vi.spyOn(fs, 'statfsSync').mockReturnValue({ bavail: 1000, bsize: 4096 } as fs.StatsFs);
    onTestFinished(() => spy.mockRestore());
    await expect(run(at)).rejects.toMatchObject({
      code: 'engine/install-no-space',
      message: expect.stringMatching(/Expected 1\.6 GB free .*, found 0\.0 GB; make room/) as unknown,
    });
  });

  it('keeps what was fetched for another try', async () => {
    const at = setup({ compiler: 'fails' });
    await expect(run(at)).rejects.toThrow();
    fakeTools(at.tools);
    const seen = await run(at);
    const said = seen.map((progress) => (progress.kind === 'step' ? progress.message : ''));
    expect(said).toContainEqual(expect.stringContaining(`${WHEEL} (3 MB)`));
    expect(fs.existsSync(path.join(at.home, 'engines', '.cache'))).toBe(false);
  });

  it('serves no system that TensorFlow has no wheels for', async () => {
    const at = setup();
    const platform = process.platform;
    Object.defineProperty(process, 'platform', { value: 'win32' });
    onTestFinished(() => void Object.defineProperty(process, 'platform', { value: platform }));
    await expect(run(at)).rejects.toMatchObject({
      code: 'engine/install-unsupported',
      message: expect.stringMatching(/this is win32 .*ort-webgpu/) as unknown,
    });
  });
});
