/** A network that came as an ONNX file, run as it is. */
import * as ort from 'onnxruntime-node';
import { WorkbenchError } from '#contract/errors.ts';

export interface OnnxNetwork {
  /** @returns the output that was asked for when it was opened, with its shape */
  run(
    values: Float32Array,
    shape: readonly number[],
  ): Promise<{ values: Float32Array; shape: readonly number[] }>;
  dispose(): Promise<void>;
}

/**
 * @param model  the bytes of the file; weights that lie in other files must have been refused
 * @param threads  intra-op threads
 * @throws WorkbenchError `engine/compile-failed` if ONNX Runtime cannot open it, or has another input
 */
export async function openOnnxNetwork(
  model: Uint8Array,
  { input, output }: { readonly input: string; readonly output: string },
  threads: number,
): Promise<OnnxNetwork> {
  const session = await opened(model, threads);
  return {
    async run(values, shape) {
      let found: ort.InferenceSession.ReturnType;
      try {
        found = await session.run({ [input]: new ort.Tensor('float32', values, shape) }, [output]);
      } catch (error) {
        throw failed('ran', error);
      }
      const { data, dims } = found[output]!;
      if (!(data instanceof Float32Array)) throw failed('ran', new Error(`${output} is not of float32`));
      return { values: data, shape: dims };
    },
    dispose: () => session.release(),
  };
}

async function opened(model: Uint8Array, threads: number): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
  } catch (error) {
    throw failed('opened', error);
  }
}

function failed(what: string, error: unknown): WorkbenchError {
  const found = error instanceof Error ? error.message : String(error);
  return new WorkbenchError(
    'engine/compile-failed',
    `The network could not be ${what === 'ran' ? 'run' : what}: ${found}`,
  );
}
