import type { ExecutorEntry, ExecutorId, InstalledEngine } from '#contract/engines.ts';
import { formatBytes, formatNumber } from '../../ui/format.ts';

/** What each executor is, in a line. */
export const titles = {
  'ort-cpu': 'Compiled, on the processor',
  'ort-webgpu': 'Compiled, on any GPU through WebGPU',
  tensorflow: 'TensorFlow, on the processor or an NVIDIA GPU',
  reference: 'Plain JavaScript, for checking the others',
} as const satisfies Record<ExecutorId, string>;

/** How far what it computes is from `ort-cpu`; null until measured. */
export function agreementText({ id, score }: ExecutorEntry): string | null {
  if (score === null) return null;
  if (id === 'ort-cpu') return 'the standard';
  const difference = score.difference.toExponential(1);
  return score.agrees ? `agrees, ${difference}` : `differs by ${difference}`;
}

export function speedText({ score }: ExecutorEntry): string | null {
  return score === null ? null : formatNumber(score.stepsPerSec, 3);
}

export function memoryText({ device }: ExecutorEntry): string {
  const bytes = device?.memoryBytes ?? null;
  return bytes === null ? '' : formatBytes(bytes);
}

/** Where it came from and what it takes. */
export function installedText({ kind, from, version, bytes }: InstalledEngine): string {
  const kinds = { cpu: 'processor', gpu: 'NVIDIA GPU' } as const;
  const sources = { package: "the package's own download", wheel: "Python's wheel" } as const;
  return `TensorFlow ${version} for the ${kinds[kind]}, from ${sources[from]}, ${formatBytes(bytes)}`;
}
