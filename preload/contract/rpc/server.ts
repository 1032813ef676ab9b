import { WorkbenchError, wireErrorFrom } from '../errors.ts';
import type { WireError } from '../errors.ts';
import { calls, streams } from '../workbench.ts';
import type { CancelSignal, WorkbenchService } from '../workbench.ts';
import { parseInput } from './bad-input.ts';
import { clientMessage, maxCredit } from './messages.ts';
import type { ClientMessage, ServerMessage } from './messages.ts';
import type { Port } from './port.ts';

declare class AbortController {
  readonly signal: CancelSignal;
  abort(): void;
}

/** What one port may have under way at a time; one more is answered with `rpc/too-many`. */
interface ServeLimits {
  calls: number;
  streams: number;
}

interface Stream {
  credit: number;
  /** Set while the pump waits for credit. */
  wake: (() => void) | null;
  /** Ends the stream from the listener's side. */
  stop(): void;
}

/**
 * Serves a Workbench on a port until the port closes or the returned function is called (which
 * closes the port). The other side is not trusted: every message and every input is parsed, a call
 * is always answered, and a message that cannot be answered closes the port.
 */
export function serve(
  service: WorkbenchService,
  port: Port,
  limits: ServeLimits = { calls: 64, streams: 64 },
): () => void {
  const underWay = new Map<number, AbortController>();
  const listening = new Map<number, Stream>();

  function post(message: ServerMessage): void {
    port.post(message);
  }

  /** An error's detail may hold what cannot cross; its code and message always can. */
  function postError(error: unknown, message: (wire: WireError) => ServerMessage): void {
    const wire = wireErrorFrom(error);
    try {
      post(message(wire));
    } catch {
      post(message({ code: wire.code, message: wire.message }));
    }
  }

  async function answer(id: number, name: string, input: unknown): Promise<void> {
    const abort = new AbortController();
    try {
      if (underWay.size >= limits.calls) throw tooMany('calls', limits.calls);
      underWay.set(id, abort);
      if (!hasOwn(calls, name)) throw unknownName(name, 'call');
      const parsed = parseInput(name, calls[name].input, input);
      const run = service.calls[name] as (input: unknown, signal: CancelSignal) => Promise<unknown>;
      const value = await run(parsed, abort.signal);
      if (underWay.get(id) === abort) underWay.delete(id);
      post({ type: 'reply', id, ok: true, value });
    } catch (error) {
      const told = abort.signal.aborted
        ? new WorkbenchError('rpc/cancelled', `${name} was cancelled`)
        : error;
      postError(told, (wire) => ({ type: 'reply', id, ok: false, error: wire }));
    } finally {
      if (underWay.get(id) === abort) underWay.delete(id);
    }
  }

  async function pump(id: number, name: string, input: unknown, credit: number): Promise<void> {
    const abort = new AbortController();
    let iterator: AsyncIterator<unknown> | null = null;
    let isExhausted = false;
    const stream: Stream = {
      credit,
      wake: null,
      stop() {
        if (abort.signal.aborted) return;
        abort.abort();
        stream.wake?.();
        // Called while `next` may still be pending: an iterator that waits for news is released by it.
        void release();
      },
    };
    async function release(): Promise<void> {
      const ending = iterator;
      iterator = null;
      if (isExhausted) return;
      try {
        await ending?.return?.();
      } catch {
        // The listener has gone or has its error already: nobody is left to be told of the clean-up.
      }
    }
    try {
      if (listening.size >= limits.streams) throw tooMany('streams', limits.streams);
      listening.set(id, stream);
      if (!hasOwn(streams, name)) throw unknownName(name, 'stream');
      const parsed = parseInput(name, streams[name].input, input);
      const open = service.streams[name] as (input: unknown, signal: CancelSignal) => AsyncIterable<unknown>;
      const source = open(parsed, abort.signal)[Symbol.asyncIterator]();
      iterator = source;
      for (;;) {
        while (stream.credit === 0 && !abort.signal.aborted) {
          await new Promise<void>((resolve) => (stream.wake = resolve));
          stream.wake = null;
        }
        if (abort.signal.aborted) return;
        const result = await source.next();
        if (abort.signal.aborted) return;
        if (result.done === true) {
          isExhausted = true;
          post({ type: 'end', id, error: null });
          return;
        }
        stream.credit -= 1;
        post({ type: 'item', id, value: result.value });
      }
    } catch (error) {
      if (!abort.signal.aborted) postError(error, (wire) => ({ type: 'end', id, error: wire }));
    } finally {
      if (listening.get(id) === stream) listening.delete(id);
      await release();
    }
  }

  function receive(message: ClientMessage): void {
    switch (message.type) {
      case 'call':
      case 'listen':
        if (underWay.has(message.id) || listening.has(message.id)) {
          // An answer would reach the first owner of the id.
          port.close(`The id ${message.id} was used for a second ${message.type} while the first goes on`);
        } else if (message.type === 'call') {
          void answer(message.id, message.name, message.input);
        } else {
          void pump(message.id, message.name, message.input, message.credit);
        }
        return;
      case 'cancel':
        underWay.get(message.id)?.abort();
        return;
      case 'unlisten':
        listening.get(message.id)?.stop();
        return;
      case 'credit': {
        const stream = listening.get(message.id);
        if (stream === undefined) return;
        stream.credit = Math.min(stream.credit + message.count, maxCredit);
        stream.wake?.();
        return;
      }
      default:
        message satisfies never;
    }
  }

  port.onClose(() => {
    for (const abort of underWay.values()) abort.abort();
    for (const stream of listening.values()) stream.stop();
  });
  port.onMessage((raw) => {
    const parsed = clientMessage.safeParse(raw);
    if (parsed.success) receive(parsed.data);
    else port.close('The workbench received a message that it does not know and closed the connection');
  });
  return () => port.close('The workbench stopped serving');
}

function hasOwn<T extends object>(table: T, name: PropertyKey): name is keyof T {
  return Object.hasOwn(table, name);
}

function tooMany(what: 'calls' | 'streams', limit: number): WorkbenchError {
  return new WorkbenchError(
    'rpc/too-many',
    `Expected at most ${limit} ${what} at a time on one connection; wait for one to end`,
    { limit },
  );
}

function unknownName(name: string, wanted: 'call' | 'stream'): WorkbenchError {
  const other = wanted === 'call' ? 'stream' : 'call';
  const hint = Object.hasOwn(wanted === 'call' ? streams : calls, name) ? `; it is a ${other}` : '';
  return new WorkbenchError(
    'rpc/unknown-call',
    `There is no ${wanted} named ${JSON.stringify(name)}${hint}`,
    {
      name,
    },
  );
}
