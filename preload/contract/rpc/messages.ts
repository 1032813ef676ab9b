import { z } from 'zod';

/**
 * The wire messages. A caller numbers its calls and streams with one counter; the same `id` then
 * names the call or stream in both directions until its `reply` or `end`.
 */
const id = z.int().nonnegative();

/** Credits that one message may grant, and that one stream may hold. */
export const maxCredit = 1024;
const credit = z.int().min(1).max(maxCredit);

const wireError = z.object({ code: z.string(), message: z.string(), detail: z.unknown().optional() });

export const clientMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('call'), id, name: z.string(), input: z.unknown() }),
  z.object({ type: z.literal('cancel'), id }),
  z.object({ type: z.literal('listen'), id, name: z.string(), input: z.unknown(), credit }),
  z.object({ type: z.literal('unlisten'), id }),
  z.object({ type: z.literal('credit'), id, count: credit }),
]);
export type ClientMessage = z.infer<typeof clientMessage>;

export const serverMessage = z.discriminatedUnion('type', [
  z.discriminatedUnion('ok', [
    z.object({ type: z.literal('reply'), id, ok: z.literal(true), value: z.unknown() }),
    z.object({ type: z.literal('reply'), id, ok: z.literal(false), error: wireError }),
  ]),
  z.object({ type: z.literal('item'), id, value: z.unknown() }),
  /** No `item` follows; `error` is null when the stream simply came to its end. */
  z.object({ type: z.literal('end'), id, error: wireError.nullable() }),
]);
export type ServerMessage = z.infer<typeof serverMessage>;
