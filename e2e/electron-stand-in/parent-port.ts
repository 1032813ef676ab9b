/** Preloaded into a utility process of the stand-in: makes `process.parentPort` from Node's IPC channel. */
import { EventEmitter } from 'node:events';
import { PortTable } from './ports.ts';
import type { Down, Up } from './utility-process.ts';

function send(message: Up): void {
  if (process.connected) process.send?.(message);
}

const ports = new PortTable({
  post: (id, data, transferred) => send({ kind: 'post', id, data, ports: transferred }),
  close: (id) => send({ kind: 'close', id }),
});

const parentPort = Object.assign(new EventEmitter(), {
  postMessage: (data: unknown) => send({ kind: 'message', data }),
});
process.on('message', (message: Down) => {
  if (message.kind === 'port message') ports.deliver(message.id, message.data, message.ports);
  else if (message.kind === 'port ended') ports.ended(message.id);
  else parentPort.emit('message', { data: message.data, ports: message.ports.map((id) => ports.take(id)) });
});
// A utility process ends with its app, without time for anything.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
Object.defineProperty(process, 'parentPort', { value: parentPort });
