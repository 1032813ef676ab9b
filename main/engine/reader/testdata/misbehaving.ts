/** A reader that does what the name of its file says, as a file that took it over might make it do. */
import { Worker, isMainThread } from 'node:worker_threads';
import path from 'node:path';
import { openChannel } from '../channel.ts';
import type { Say } from '../channel.ts';
import { guardMemory } from '../guard.ts';
import type { ReaderOrder } from '../protocol.ts';

if (isMainThread) openChannel(behave);
else guardMemory();

async function behave({ request, memoryBytes }: ReaderOrder, say: Say): Promise<void> {
  const behaviour = path.basename(request.file);
  if (behaviour === 'hang') spin();
  else if (behaviour === 'eat') {
    new Worker(import.meta.filename, { workerData: memoryBytes });
    eat();
  } else if (behaviour === 'eat-unguarded') eat();
  else if (behaviour === 'exit') process.exit(5);
  else if (behaviour === 'abort') process.kill(process.pid, 'SIGSEGV');
  else if (behaviour === 'throw') throw new RangeError('Invalid array length');
  else if (behaviour === 'lie') await say({ type: 'item', value: { name: 7 } });
  else if (behaviour === 'babble') await say({ type: 'gossip' } as never);
  else if (behaviour === 'wait') await new Promise(() => setTimeout(() => {}, 600_000));
  else if (behaviour === 'trickle') {
    for (let done = 1; done <= 8; done++) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      await say({ type: 'progress', done, of: 8 });
    }
  } else if (behaviour === 'environment') throw new Error(Object.keys(process.env).sort().join());
  else if (behaviour === 'count') {
    // Says how far it has come, so that a test sees how far ahead of its listener it runs.
    for (let i = 0; i < 1000; i++) {
      await say({ type: 'progress', done: i, of: 1000 });
      await say({ type: 'item', value: { name: String(i), change: 'same' } });
    }
  }
}

function spin(): void {
  for (;;);
}

/** Typed arrays lie outside the heap that Node limits. */
function eat(): void {
  const meals: Uint8Array[] = [];
  for (;;) meals.push(new Uint8Array(2 ** 22).fill(1));
}
