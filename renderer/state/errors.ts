import { wireErrorFrom } from '#contract/errors.ts';
import type { WireError } from '#contract/errors.ts';

/** What went wrong, for showing; null for what is no failure: a cancelled call, a lost connection that shows itself. */
export function shownError(error: unknown): WireError | null {
  const wire = wireErrorFrom(error);
  return wire.code === 'rpc/cancelled' || wire.code === 'rpc/disconnected' ? null : wire;
}
