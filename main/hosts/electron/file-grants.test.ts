import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createGrantKey, openGrant } from '../../engine/checkpoints/grants.ts';
import { FileGrants } from './file-grants.ts';

const key = createGrantKey();
const grants = new FileGrants(key);
let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'fewstep-grants-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(...names: [...string[], string]): string {
  const path = join(folder, ...names);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '1234');
  return path;
}

describe('a grant', () => {
  it('stands for one file, and tells nothing of where that is', async () => {
    const path = write('SiT XL.pt');
    const { grant, ...rest } = await grants.grant(path);
    expect(rest).toEqual({ name: 'SiT XL.pt', bytes: 4 });
    expect(openGrant(grant, key)).toBe(path);
    const bytes = Buffer.from(grant, 'base64url').toString('latin1');
    for (const part of path.split(/[/\\]/).filter((each) => each.length > 3))
      expect(bytes).not.toContain(part);
    // Two of the same file have nothing in common to recognise it by.
    const other = (await grants.grant(path)).grant;
    expect(other.slice(0, 8)).not.toBe(grant.slice(0, 8));
  });

  it('cannot be guessed, changed, or carried to another start', async () => {
    const { grant } = await grants.grant(write('a.pt'));
    const bytes = Buffer.from(grant, 'base64url');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ flip : byte));
        expect(() => openGrant(Buffer.from(changed).toString('base64url'), key)).toThrow(/opened since/);
      }),
      { seed: 3, numRuns: 300 },
    );
    for (const made of [
      '',
      '/etc/passwd',
      Buffer.from('/etc/passwd').toString('base64url'),
      grant.slice(0, -2),
    ])
      expect(() => openGrant(made, key)).toThrow(/opened since/);
    expect(() => openGrant(grant, createGrantKey())).toThrow(/opened since/);
  });

  it('of a link stands for what the link led to', async () => {
    const path = write('a.pt');
    const link = join(folder, 'link.pt');
    symlinkSync(path, link);
    const { grant, name } = await grants.grant(link);
    expect(name).toBe('link.pt');
    expect(openGrant(grant, key)).toBe(path);
  });

  it('of a run folder stands for the folder, of others for the one checkpoint in them', async () => {
    write('run', 'run.json');
    write('run', 'checkpoints', 'step-1.safetensors');
    const run = await grants.grant(join(folder, 'run'));
    expect(run).toMatchObject({ name: 'run', bytes: 8 });
    expect(openGrant(run.grant, key)).toBe(join(folder, 'run'));

    const index = write('shards', 'model.safetensors.index.json');
    write('shards', 'model-00001-of-00001.safetensors');
    const shards = await grants.grant(join(folder, 'shards'));
    expect(shards).toMatchObject({ name: 'model.safetensors.index.json', bytes: 8 });
    expect(openGrant(shards.grant, key)).toBe(index);

    const single = write('vae', 'diffusion_pytorch_model.safetensors');
    write('vae', 'config.json');
    const vae = await grants.grant(join(folder, 'vae'));
    expect(vae).toMatchObject({ name: 'diffusion_pytorch_model.safetensors', bytes: 4 });
    expect(openGrant(vae.grant, key)).toBe(single);
  });
});

describe('no grant is made', () => {
  it('of what is no checkpoint, and the sentence names no path', async () => {
    mkdirSync(join(folder, 'empty'));
    write('two', 'a.safetensors.index.json');
    write('two', 'b.safetensors.index.json');
    write('file.pt');
    const tried: [string, RegExp][] = [
      [join(folder, 'absent.pt'), /^There is no such file: absent\.pt$/],
      [join(folder, 'file.pt', 'inside'), /^The file could not be read \(ENOTDIR\): inside$/],
      [join(folder, 'empty'), /^Expected a file, a run folder .*: empty$/],
      [join(folder, 'two'), /^Expected one checkpoint in the folder, found 2.*: two$/],
      ['file.pt', /^Expected the full path of a file: file\.pt$/],
      [`${join(folder, 'file.pt')}\0`, /^Expected the full path of a file/],
    ];
    for (const [path, sentence] of tried) {
      const answer = await grants.answer(path);
      expect(answer).toEqual({ problem: expect.stringMatching(sentence) as string });
      expect(JSON.stringify(answer)).not.toContain(folder);
    }
  });

  it.skipIf(process.platform === 'win32')('of sockets and devices, which are not even opened', async () => {
    const socket = join(folder, 'socket.pt');
    const server = createServer().listen(socket);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    for (const path of [socket, '/dev/zero'])
      expect(await grants.answer(path)).toEqual({
        problem: expect.stringContaining('Expected a file, found something else') as string,
      });
  });
});
