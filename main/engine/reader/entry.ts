/**
 * Entry of a reader's process: one file that nobody vouches for is read here, and this process is killed
 * after. A second thread of it watches its memory: the first is busy while it reads.
 */
import { Worker, isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const { openChannel } = await import('./channel.ts');
  const { answer } = await import('./answer.ts');
  openChannel(async (order, say) => {
    new Worker(import.meta.filename, { workerData: order.memoryBytes }).unref();
    await answer(order.request, say);
  });
} else {
  const { guardMemory } = await import('./guard.ts');
  guardMemory();
}
