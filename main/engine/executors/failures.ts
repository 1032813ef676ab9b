/** What a run says whose device failed: what happened, on what, what is kept and how to go on. */
import { wireErrorFrom } from '#contract/errors.ts';
import type { RunFile } from '../../store/run-file.ts';

/** Of a device, not of a run: on another executor the run can go on. */
const OF_DEVICES: readonly string[] = [
  'engine/device-lost',
  'engine/device-hung',
  'engine/out-of-memory',
  'engine/no-executor',
  'engine/no-float16',
];

export function isOfDevice(code: string): boolean {
  return OF_DEVICES.includes(code);
}

/** @param run  as it was last written, after its last checkpoint */
export function failureOf(
  error: unknown,
  run: Pick<RunFile, 'executor' | 'device' | 'step'>,
): { code: string; message: string } {
  const { code, message } = wireErrorFrom(error);
  if (!isOfDevice(code)) return { code, message };
  const { executor, device, step } = run;
  const trained = executor === null ? null : `It was training on ${executor} (${device})`;
  const kept =
    step > 0
      ? `the checkpoint of step ${step} is kept`
      : 'no checkpoint was saved yet, so it begins anew when it is resumed';
  const now = trained === null ? capital(kept) : `${trained}; ${kept}`;
  return {
    code,
    message: `${message.replace(/\.?$/, '.')} ${now}. Resume it to go on, on another executor if this one stays away.`,
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
