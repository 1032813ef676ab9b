import { describe, expect, it, vi } from 'vitest';
import { FakeEngine } from '../testing/fake-engine.ts';
import type { DroppedEntry } from './image-import.svelte.ts';
import { broughtText, filesInEntry, holdsImages, ImageImport, isOfImages } from './image-import.svelte.ts';
import { Workbench } from './workbench.svelte.ts';

const options = { name: 'Pets' };
const files = ['pets/cats/1.png', 'pets/dogs/2.png', 'pets/empty.png'].map((name, i) => ({
  name,
  file: new File(i === 2 ? [] : ['12345678'], name.split('/').at(-1)!),
}));

function importing(send: ConstructorParameters<typeof ImageImport>[3]): ImageImport {
  const { connection, catalog } = new Workbench(new FakeEngine().open);
  return new ImageImport(connection, catalog, null, send);
}

describe('an import of images', () => {
  it('sends every file that is not empty, and says why it ends', async () => {
    const send = vi.fn((file: File) => Promise.resolve({ grant: file.name, name: file.name, bytes: 8 }));
    const state = importing(send);
    state.open(files);
    expect([state.isOpen, state.brought.length]).toEqual([true, 3]);
    await state.start(options);
    expect(send.mock.calls.map(([file]) => file.name)).toEqual(['1.png', '2.png']);
    // Nobody is connected: what was sent is told to no engine.
    expect(state.error?.code).toBe('rpc/disconnected');
    expect(state.progress).toBeNull();
    expect(state.brought).toEqual(files);
  });

  it('shows what a server refuses, and sends no more after that', async () => {
    const state = importing(() => Promise.reject(new Error('the disk is full')));
    state.open(files);
    await state.start(options);
    expect(state.error?.message).toBe('the disk is full');
  });

  it('that is cancelled while it is sent ends without a word', async () => {
    const signals: AbortSignal[] = [];
    const state = importing((_file, _progress, signal) => {
      signals.push(signal);
      return new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('ended'))),
      );
    });
    state.open(files);
    const started = state.start(options);
    expect(state.progress).toMatchObject({ stage: 'sending', done: 0, of: 16 });
    state.close();
    await started;
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    expect([state.isOpen, state.error, state.result, state.progress]).toEqual([false, null, null, null]);
  });
});

describe('what is brought', () => {
  it.each([
    ['a.PNG', true],
    ['a.jpeg', true],
    ['train-images-idx3-ubyte.gz', true],
    ['data_batch_1.bin', true],
    ['pytorch_model.bin', false],
    ['model.safetensors', false],
    ['points.npy', false],
    ['arrays.npz', false],
  ])('%s: %s', (name, expected) => {
    expect(isOfImages(name)).toBe(expected);
  });

  it('holds images where the directory of an NPZ file names them', async () => {
    const npz = (name: string): File => new File([new Uint8Array(9000), name, new Uint8Array(22)], 'a.npz');
    expect(await holdsImages(npz('images.npy'))).toBe(true);
    expect(await holdsImages(npz('weight.npy'))).toBe(false);
    expect(await holdsImages(new File(['images.npy'], 'a.pt'))).toBe(false);
  });

  it.each([
    [['a/1.png', 'b/2.png', 'c.txt'], '2 pictures in 2 folders, 1 other file'],
    [['1.png'], '1 picture'],
    [['x-idx3-ubyte', 'y-idx1-ubyte'], '2 files'],
    [[], ''],
  ])('%j in words: %s', (names, text) => {
    expect(broughtText(names)).toBe(text);
  });

  it('in a folder is all that lies in it, by name, however many there are', async () => {
    const leaf = (name: string): DroppedEntry => ({
      isDirectory: false,
      isFile: true,
      name,
      file: (found) => found(new File(['x'], name)),
    });
    const folder = (name: string, inside: DroppedEntry[]): DroppedEntry => ({
      isDirectory: true,
      isFile: false,
      name,
      createReader: () => {
        // As Chromium does: a hundred at a time.
        const left = [...inside];
        return { readEntries: (found) => found(left.splice(0, 100)) };
      },
    });
    const many = Array.from({ length: 250 }, (_, i) => leaf(`${i}.png`));
    const found = await filesInEntry(folder('pets', [folder('cats', many), leaf('.hidden'), leaf('a.txt')]));
    expect(found).toHaveLength(251);
    expect(found[0]!.name).toBe('pets/cats/0.png');
    expect(found.at(-1)!.name).toBe('pets/a.txt');
  });
});
