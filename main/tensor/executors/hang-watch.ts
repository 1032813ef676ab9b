/**
 * ONNX Runtime's binding runs on the thread that calls it, so a device that hangs takes the thread along
 * and no timer of it fires any more. A second thread waits beside it and ends the process, after a
 * sentence on standard error: who started the process says what became of the run, and it can be resumed.
 */
import { Worker } from 'node:worker_threads';

/** Plain JavaScript, since it is given to the thread as text: bundling knows no file for it. */
const WATCHER = `
const { workerData: { cell, sentence, intervalMs } } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const deadline = new BigInt64Array(cell);
const idle = new Int32Array(new SharedArrayBuffer(4));
for (;;) {
  Atomics.wait(idle, 0, 0, intervalMs);
  const until = Atomics.load(deadline, 0);
  if (until === 0n || BigInt(Date.now()) < until) continue;
  writeSync(2, sentence + '\\n');
  process.kill(process.pid, 'SIGKILL');
}
`;

/**
 * @param sentence  written on standard error before the process ends
 * @returns begins to wait; what that returns calls it off. Runs do not overlap.
 */
export function hangWatch(sentence: string, intervalMs = 1000): (limitMs: number) => () => void {
  const cell = new SharedArrayBuffer(8);
  const deadline = new BigInt64Array(cell);
  let worker: Worker | null = null;
  return (limitMs) => {
    worker ??= started({ cell, sentence, intervalMs });
    // Later than the timer of the calling thread, which has more to say wherever it can.
    Atomics.store(deadline, 0, BigInt(Math.ceil(Date.now() + limitMs + intervalMs)));
    return () => void Atomics.store(deadline, 0, 0n);
  };
}

function started(workerData: object): Worker {
  const worker = new Worker(WATCHER, { eval: true, workerData, execArgv: [] });
  worker.unref();
  return worker;
}
