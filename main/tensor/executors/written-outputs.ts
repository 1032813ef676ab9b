/**
 * Runs that write their outputs where they are told to, and return nothing.
 *
 * onnxruntime-node copies all outputs of a run into new arrays, those too that it was given memory for and has
 * written there: of a training step the whole state, 20 MB of a small DiT, and then the garbage of it. It
 * goes through them in the order of the model, when all are computed, and ends with an error at the first
 * that is no tensor. An empty sequence stands there, so that there is nothing to copy.
 */
import type * as ort from 'onnxruntime-node';

/** Memory for the outputs of a model by name, null for the sequence. */
export type Fetches = Record<string, ort.Tensor | null>;

/** What onnxruntime-node says of a sequence among outputs that are there. */
const REFUSAL = 'Non tensor type is temporarily not supported.';

/** @param session  of a model whose first output is an empty sequence */
export async function runInto(
  session: ort.InferenceSession,
  feeds: Record<string, ort.Tensor>,
  fetches: Fetches,
): Promise<void> {
  try {
    await session.run(feeds, fetches);
  } catch (error) {
    // Made by native code, which may have it from another realm than ours: it need be no instance of Error here.
    if ((error as Partial<Error> | null)?.message !== REFUSAL) throw error;
  }
}
