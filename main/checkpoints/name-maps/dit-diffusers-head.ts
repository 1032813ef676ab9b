import type { CheckpointKind, RecognitionOptions } from '#contract/checkpoints.ts';
import type { DitConfig } from '#contract/networks.ts';
import type { Assumptions, Misfit } from './layout.ts';
import { wholeFactOf } from './weights.ts';
import type { About, Weights } from './weights.ts';

export interface DiffusersHead {
  readonly kind: CheckpointKind;
  readonly head: DitConfig['head'];
  /** Of `proj_out_2`: numbers at each place of a patch, more than are used where a spread is dropped. */
  readonly rowsPerPlace: number;
  readonly alternatives: readonly CheckpointKind[];
}

/**
 * What the last layer says. By how many numbers there are for each of the C channels: one, or C + 1 in
 * all with the spread of a single Gaussian, or two with DiT's variance, is a teacher; more are the grid
 * points of a DX policy.
 */
export function headOf(
  weights: Weights,
  about: About,
  options: RecognitionOptions,
  assumptions: Assumptions,
  { channels, patch, isPiflow }: { channels: number; patch: number; isPiflow: boolean },
): DiffusersHead | Misfit {
  const area = patch * patch;
  if (!weights.has('proj_out_2.weight')) {
    const components =
      options.components ?? (weights.shape('proj_out_logweights.weight', 2)?.[0] ?? 0) / area;
    const logStdWidth = weights.shape('proj_out_logstds.1.weight', 2)?.[0] ?? 1024;
    if (!Number.isInteger(components) || components < 1) {
      return { kind: 'piflow-gm', misfit: `proj_out_logweights.weight is not ${area} rows a component` };
    }
    const head = { kind: 'gm', components, logStdWidth } as const;
    return { kind: 'piflow-gm', head, rowsPerPlace: 0, alternatives: [] };
  }
  const rows = Math.max(1, Math.round((weights.shape('proj_out_2.weight', 2)?.[0] ?? 0) / area));
  if (!isPiflow) {
    const head = { kind: 'field', channels: rows } as const;
    return { kind: 'diffusers-dit', head, rowsPerPlace: rows, alternatives: [] };
  }
  const couldBeTeacher = rows === channels || rows === channels + 1 || rows === 2 * channels;
  const points = rows / channels;
  const couldBeDx = Number.isInteger(points);
  if (!couldBeTeacher && !couldBeDx) {
    const misfit = `proj_out_2.weight has ${rows} numbers at each place, expected a multiple of ${channels}`;
    return { kind: 'piflow-dx', misfit };
  }
  const isDx = couldBeDx && (!couldBeTeacher || options.kind === 'piflow-dx');
  if (!isDx) {
    const head = { kind: 'field', channels: rows === channels + 1 ? channels : rows } as const;
    return {
      kind: 'piflow-teacher',
      head,
      rowsPerPlace: rows,
      alternatives: couldBeDx ? ['piflow-dx'] : [],
    };
  }
  const nfe = assumptions.settle('nfe', options.nfe, () => assumedNfe(about));
  const head = { kind: 'dx', points, nfe } as const;
  return {
    kind: 'piflow-dx',
    head,
    rowsPerPlace: rows,
    alternatives: couldBeTeacher ? ['piflow-teacher'] : [],
  };
}

function assumedNfe(about: About): { value: number; why: string } {
  const told = wholeFactOf(about, ['nfe', 'num_inference_steps']);
  if (told) return { value: told.value, why: `from ${told.key} in the file` };
  const named = /(?:^|[^a-z0-9])(\d{1,3})[-_ ]?(?:nfe|steps?)(?![a-z])/i.exec(about.fileName)?.[1];
  if (named && Number(named) > 0) return { value: Number(named), why: "from the file's name" };
  return { value: 1, why: 'a guess: nothing tells' };
}
