import { describe, expect, it, vi } from 'vitest';
import { mostPointBytes } from '#contract/desktop.ts';
import type { DesktopBridge, FileGrant } from '#contract/desktop.ts';
import { FakeEngine } from '../testing/fake-engine.ts';
import { CheckpointCarrier, folderRefusal, sortDropped } from './dropped-files.svelte.ts';
import { sendFile } from './send-file.ts';
import type { Web } from './send-file.ts';
import { Workbench } from './workbench.svelte.ts';

function checkpoints(): Workbench['checkpoints'] {
  return new Workbench(new FakeEngine().open).checkpoints;
}

const teacher = (): File => new File(['12345678'], 'SiT XL&2.pt');

/** A server as the browser shows it: a test answers by hand. */
function fakeWeb({ asked = new Response('{}') }: { asked?: Response | Error } = {}) {
  const requests: FakeRequest[] = [];
  class FakeRequest {
    readonly upload: { onprogress?: (event: { loaded: number }) => void } = {};
    onload: () => void = () => {};
    onerror: () => void = () => {};
    onabort: () => void = () => {};
    status = 0;
    responseText = '';
    readonly open = vi.fn<(method: string, url: string) => void>();
    readonly send = vi.fn<(body: File) => void>();
    abort(): void {
      this.onabort();
    }
    constructor() {
      requests.push(this);
    }
    answer(status: number, text: string): void {
      this.status = status;
      this.responseText = text;
      this.onload();
    }
  }
  const fetch = vi.fn((_url: string, _init: { signal: AbortSignal }) =>
    asked instanceof Error ? Promise.reject(asked) : Promise.resolve(asked),
  );
  return { requests, fetch, web: { fetch, XMLHttpRequest: FakeRequest } as unknown as Web };
}

describe('sending a file', () => {
  it('asks for leave first, then tells how far it is, and gives the grant', async () => {
    const { requests, fetch, web } = fakeWeb();
    const progress = vi.fn();
    const file = teacher();
    const sent = sendFile(file, progress, new AbortController().signal, web);
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    expect(fetch.mock.calls[0]?.[0]).toBe('/files?bytes=8');
    const [request] = requests;
    expect(request?.open).toHaveBeenCalledExactlyOnceWith('POST', '/files?name=SiT%20XL%262.pt');
    expect(request?.send).toHaveBeenCalledExactlyOnceWith(file);
    request?.upload.onprogress?.({ loaded: 3 });
    expect(progress).toHaveBeenCalledExactlyOnceWith(3);
    request?.answer(201, '{"grant":"word","name":"SiT XL&2.pt","bytes":8}');
    expect(await sent).toEqual({ grant: 'word', name: 'SiT XL&2.pt', bytes: 8 });
  });

  it('that would be refused never begins, and says why in one sentence', async () => {
    const { requests, web } = fakeWeb({ asked: new Response('Too large.\n\nMore words\n', { status: 413 }) });
    await expect(sendFile(teacher(), vi.fn(), new AbortController().signal, web)).rejects.toMatchObject({
      code: 'server/upload-refused',
      message: 'Too large.',
    });
    expect(requests).toEqual([]);
  });

  it('that is refused on the way, or breaks, says so', async () => {
    const { requests, web } = fakeWeb();
    const signal = new AbortController().signal;
    const refused = sendFile(teacher(), vi.fn(), signal, web);
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    requests[0]?.answer(507, 'The disk is full.\n');
    await expect(refused).rejects.toMatchObject({
      code: 'server/upload-refused',
      message: 'The disk is full.',
    });

    const broken = sendFile(teacher(), vi.fn(), signal, fakeWeb({ asked: new Error('no network') }).web);
    await expect(broken).rejects.toMatchObject({ code: 'server/upload-failed' });

    const cut = sendFile(teacher(), vi.fn(), signal, { ...web, fetch: fakeWeb().web.fetch });
    await vi.waitFor(() => expect(requests).toHaveLength(2));
    requests[1]?.onerror();
    await expect(cut).rejects.toMatchObject({ code: 'server/upload-failed' });
  });

  it('stops when it is cancelled, while asking too', async () => {
    const { requests, web } = fakeWeb();
    const stop = new AbortController();
    const sent = sendFile(teacher(), vi.fn(), stop.signal, web);
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    stop.abort();
    await expect(sent).rejects.toMatchObject({ code: 'rpc/cancelled' });

    const early = sendFile(teacher(), vi.fn(), stop.signal, fakeWeb().web);
    await expect(early).rejects.toMatchObject({ code: 'rpc/cancelled' });
  });
});

describe('a checkpoint in the hand of a person', () => {
  it('is granted by the desktop app and opened by that word', async () => {
    const state = checkpoints();
    const file = teacher();
    const grantFile = vi.fn((_file: object) => Promise.resolve({ grant: 'word', name: 'SiT.pt', bytes: 8 }));
    const send = vi.fn();
    const carrier = new CheckpointCarrier(state, { grantFile, openCheckpointDialog: vi.fn() }, send);
    expect(carrier.hasDialog).toBe(true);
    await carrier.open(file);
    expect(grantFile).toHaveBeenCalledExactlyOnceWith(file);
    expect(state.current).toMatchObject({ source: { kind: 'grant', grant: 'word' }, name: 'SiT.pt' });
    expect(send).not.toHaveBeenCalled();
  });

  it('that the desktop app does not grant is not opened', async () => {
    const state = checkpoints();
    const refusal = new Error('There is no such file: SiT.pt');
    const bridge = { grantFile: () => Promise.reject(refusal), openCheckpointDialog: vi.fn() };
    await expect(new CheckpointCarrier(state, bridge).open(teacher())).rejects.toBe(refusal);
    expect(state.current).toBeNull();
  });

  it('is sent from a browser, seen on its way, and then opened', async () => {
    const state = checkpoints();
    let tell: (done: number) => void = () => {};
    let arrive: (file: FileGrant) => void = () => {};
    const carrier = new CheckpointCarrier(state, null, (_file, progress) => {
      tell = progress;
      return new Promise((resolve) => (arrive = resolve));
    });
    expect(carrier.hasDialog).toBe(false);
    const opened = carrier.open(teacher());
    tell(5);
    expect(state.arrival).toMatchObject({ name: 'SiT XL&2.pt', done: 5, of: 8, error: null });
    arrive({ grant: 'word', name: 'SiT XL&2.pt', bytes: 8 });
    await opened;
    expect(state.arrival).toBeNull();
    expect(state.current?.source).toEqual({ kind: 'grant', grant: 'word' });
  });

  it('that a server refuses is shown with the reason; one that was cancelled is not', async () => {
    const state = checkpoints();
    await new CheckpointCarrier(state, null, () => Promise.reject(new Error('no'))).open(teacher());
    expect(state.arrival?.error?.message).toBe('no');

    let signal = new AbortController().signal;
    const carrier = new CheckpointCarrier(state, null, (_file, _progress, given) => {
      signal = given;
      return new Promise((_resolve, reject) =>
        given.addEventListener('abort', () => reject(new Error('ended'))),
      );
    });
    const opened = carrier.open(teacher());
    state.cancelArrival();
    await opened;
    expect(signal.aborted).toBe(true);
    expect(state.arrival).toBeNull();
    expect(state.current).toBeNull();
  });

  it('is chosen in the dialog: the first is opened, the second offered', async () => {
    const state = checkpoints();
    const chosen: FileGrant[] = [];
    const openCheckpointDialog: DesktopBridge['openCheckpointDialog'] = () => Promise.resolve(chosen);
    const carrier = new CheckpointCarrier(state, { grantFile: vi.fn(), openCheckpointDialog });
    expect(await carrier.ask()).toBeNull();
    expect(state.current).toBeNull();
    chosen.push({ grant: 'a', name: 'A.pt', bytes: 1 });
    expect(await carrier.ask()).toBeNull();
    expect(state.current?.name).toBe('A.pt');
    chosen.push({ grant: 'b', name: 'B.pt', bytes: 1 });
    const second = await carrier.ask();
    expect(state.current?.name).toBe('A.pt');
    expect(second?.name).toBe('B.pt');
    second?.open();
    expect(state.current?.source).toEqual({ kind: 'grant', grant: 'b' });
  });
});

describe('what is dropped', () => {
  function transfer(...given: (File | string)[]): DataTransfer {
    const files = given.map((each) => (typeof each === 'string' ? new File([], each) : each));
    const items = given.map((each) => ({
      kind: 'file',
      webkitGetAsEntry: () => ({ isDirectory: typeof each === 'string' }),
    }));
    // Text that is dragged along is an item too, and no file.
    return { files, items: [{ kind: 'string' }, ...items] } as unknown as DataTransfer;
  }
  const csv = new File(['1,2'], 'ring.csv');
  const large = Object.defineProperty(new File([], 'big.npy'), 'size', { value: mostPointBytes + 1 });

  it('is sorted into points, checkpoints, images and folders', () => {
    const pt = teacher();
    const png = new File(['x'], '1.PNG');
    const idx = new File(['x'], 'train-images-idx3-ubyte.gz');
    const sorted = sortDropped(transfer(csv, 'run.csv', pt, png, large, idx));
    expect(sorted).toMatchObject({ points: [csv], checkpoints: [pt, large], images: [png, idx] });
    expect(sorted.folders.map(({ file }) => file.name)).toEqual(['run.csv']);
    expect(folderRefusal().message).toContain('--files');
  });

  it('that the desktop app grants as a folder of images is no checkpoint', async () => {
    const state = checkpoints();
    const granted = { grant: 'word', name: 'pets', bytes: 8, holdsImages: true };
    const bridge = { grantFile: () => Promise.resolve(granted), openCheckpointDialog: vi.fn() };
    expect(await new CheckpointCarrier(state, bridge).open(new File([], 'pets'))).toEqual(granted);
    expect(state.current).toBeNull();
  });
});
