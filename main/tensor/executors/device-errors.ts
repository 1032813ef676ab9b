/** What ONNX Runtime, Dawn and drivers say when a device fails, as errors that have a name. */
import { WorkbenchError } from '#contract/errors.ts';

interface Failure {
  readonly code: 'engine/device-lost' | 'engine/out-of-memory' | 'engine/device-hung';
  readonly signs: RegExp;
  readonly sentence: string;
}

/** Of a device that does not answer. */
export const HUNG =
  'The graphics device did not answer. Its last step is lost; go on from the last checkpoint, on another executor if it happens again.';

/** In this order: a device that hung is lost as well, and one without memory may be lost next. */
const FAILURES: readonly Failure[] = [
  {
    code: 'engine/device-hung',
    signs: /device[ _]?hung|TIMEOUT|timed out|Failed to wait for the operation/i,
    sentence: HUNG,
  },
  {
    code: 'engine/out-of-memory',
    // A buffer that could not be made is invalid wherever it is used. A tensor larger than one binding is
    // cut into several, until there are more than a shader may have.
    signs: /out[ _]of[ _](\w+[ _])?memory|\[Invalid Buffer[^\]]*\] is invalid|Too many storage buffers/i,
    sentence:
      'The graphics device has too little memory for this. Take a smaller batch or network, or go on from the last checkpoint on ort-cpu.',
  },
  {
    code: 'engine/device-lost',
    signs:
      /device\]?[ _]?(is|was|has been)?[ _]?(lost|removed|reset)|\[Invalid Device|Instance reference no longer exists/i,
    sentence:
      'The graphics device was lost: its driver ended, was restarted or was taken away. Go on from the last checkpoint, on this or another executor.',
  },
];

/** The named error for whatever a run threw; null if the device is not to blame. */
export function deviceFailure(error: unknown): WorkbenchError | null {
  const found = error instanceof Error ? error.message : String(error);
  const failure = FAILURES.find(({ signs }) => signs.test(found));
  if (failure === undefined) return null;
  return new WorkbenchError(failure.code, failure.sentence, { found: found.slice(0, 500) }, { cause: error });
}

export function hungDevice(limitSecs: number): WorkbenchError {
  return new WorkbenchError('engine/device-hung', `${HUNG} It was given ${Math.round(limitSecs)} s.`);
}
