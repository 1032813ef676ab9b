import { executorId } from '#contract/engines.ts';
import type { ExecutorEntry, ExecutorsState } from '#contract/engines.ts';
import type { Choice } from '../../form/choices.ts';

/** Executors that a run can be trained on, each with its device; those that are not there cannot be chosen. */
export function executorChoices(state: ExecutorsState | null): Choice[] {
  const auto: Choice = {
    value: 'auto',
    label: state === null ? 'auto' : `auto: ${state.executor}`,
    isOff: false,
    note: state === null ? null : `Now ${state.executor} on ${state.device}: ${state.because}.`,
  };
  if (state === null) return [auto, ...executorId.options.map((id) => choice(id))];
  return [auto, ...state.executors.map((entry) => choice(entry.id, entry))];
}

function choice(value: string, entry?: ExecutorEntry): Choice {
  if (entry === undefined) return { value, label: value, isOff: false, note: null };
  const { available, device, reason } = entry;
  return available
    ? { value, label: `${value}, ${device?.name ?? reason}`, isOff: false, note: reason }
    : { value, label: `${value}, not available`, isOff: true, note: `Not available: ${reason}` };
}

/**
 * Precisions for an executor: float16 where the GPU has it, and on no other executor.
 * @param usual  how float32 stands in the form: named, or left out
 */
export function precisionChoices(
  state: ExecutorsState | null,
  executor: string,
  usual: 'float32' | '',
): Choice[] {
  const gpu = state?.executors.find(({ id }) => id === 'ort-webgpu');
  const hasHalf = gpu?.available === true && gpu.device?.features.includes('shader-f16') === true;
  const isFit = executor === 'auto' || executor === 'ort-webgpu';
  const why = !isFit ? 'ort-webgpu alone' : hasHalf ? null : 'no shader-f16 here';
  return [
    { value: usual, label: 'float32', isOff: false, note: null },
    {
      value: 'float16',
      label: why === null ? 'float16' : `float16, ${why}`,
      isOff: why !== null,
      note: 'On ort-webgpu; parameters stay float32.',
    },
  ];
}
