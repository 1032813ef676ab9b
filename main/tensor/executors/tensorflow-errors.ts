/** What TensorFlow and CUDA say when a device fails, as errors that have a name. */
import { WorkbenchError } from '#contract/errors.ts';

interface Failure {
  readonly code: 'engine/out-of-memory' | 'engine/device-lost';
  readonly signs: RegExp;
  readonly sentence: string;
}

/** In this order: CUDA also says that memory is out. */
const FAILURES: readonly Failure[] = [
  {
    code: 'engine/out-of-memory',
    // Status 8 of TensorFlow is an exhausted resource.
    signs: /TF_Status: 8\b|\bOOM\b|out of memory|RESOURCE_EXHAUSTED/i,
    sentence:
      'TensorFlow has too little memory for this. Take a smaller batch or network, or go on from the last checkpoint on another executor.',
  },
  {
    code: 'engine/device-lost',
    signs: /CUDA_ERROR|CUDA error|cu(BLAS|DNN|Solver|FFT)\w* (error|fail)|CUDNN_STATUS|CUBLAS_STATUS/i,
    sentence:
      'TensorFlow lost its card, whose memory only a new start of Fewstep sets right. Start it anew and go on from the last checkpoint, on this or another executor.',
  },
];

/** The named error for whatever a kernel threw; null if the device is not to blame. */
export function tensorflowFailure(error: unknown): WorkbenchError | null {
  if (error instanceof WorkbenchError) return null;
  const found = error instanceof Error ? error.message : String(error);
  const failure = FAILURES.find(({ signs }) => signs.test(found));
  if (failure === undefined) return null;
  return new WorkbenchError(failure.code, failure.sentence, { found: found.slice(0, 500) }, { cause: error });
}
