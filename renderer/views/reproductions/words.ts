import type {
  Measured,
  ReproductionEntry,
  ReproductionResult,
  ReproductionSize,
} from '#contract/reproductions.ts';
import { formatNumber } from '../../ui/format.ts';

/** What came of a claim here, in one mark: the verdict, or why there is none. */
export type Outcome = ReproductionResult['verdict'] | 'running' | 'waiting' | 'failed' | 'not run';

const words: Readonly<Record<Outcome, string>> = {
  holds: 'Holds',
  'does not hold': 'Does not hold',
  inconclusive: 'Inconclusive',
  running: 'Running',
  waiting: 'Waiting for its turn',
  failed: 'Failed',
  'not run': 'Not run here',
};

export function outcomeText(outcome: Outcome): string {
  return words[outcome];
}

export const sizeText: Readonly<Record<ReproductionSize, string>> = { quick: 'Quick', full: 'Full' };

/** The size whose verdict counts: the full one, where it was run. */
export function shownSize(entry: ReproductionEntry): ReproductionSize {
  return entry.full.result === null && entry.quick.result !== null ? 'quick' : 'full';
}

export function verdictOf(entry: ReproductionEntry): Outcome {
  return entry[shownSize(entry)].result?.verdict ?? 'not run';
}

export function outcomeOf(entry: ReproductionEntry): Outcome {
  return entry.state.status === 'idle' ? verdictOf(entry) : entry.state.status;
}

/** What starting a size means now. */
export function startText(entry: ReproductionEntry, size: ReproductionSize): string {
  const { result, kept } = entry[size];
  if (result !== null) return `${sizeText[size]} again`;
  return kept > 0 ? `Resume ${size}` : sizeText[size];
}

export function startHint(entry: ReproductionEntry, size: ReproductionSize): string {
  const { seeds, kept, of, result } = entry[size];
  const pace = size === 'quick' ? 'a few minutes at most' : 'takes its time; can be stopped and resumed';
  const rest = result === null && kept > 0 ? `; ${kept} of ${of} experiments are measured` : '';
  return `${seeds.length} seeds, ${of} experiments, ${pace}${rest}`;
}

/** Mean and two standard errors as one reads them. */
export function measuredText({ mean, standardError }: Measured): string {
  return `${formatNumber(mean)} ± ${formatNumber(2 * standardError, 2)}`;
}

/** All measures that any arm has, in the order of the first to have them. */
export function measuresOf({ measured }: ReproductionResult): string[] {
  return [...new Set(Object.values(measured).flatMap((measures) => Object.keys(measures)))];
}

/** The same document as `fewstep reproduce --json` prints for it. */
export function resultJson(entry: ReproductionEntry, result: ReproductionResult): string {
  const { name, claim, source, rule } = entry;
  const { seeds, measured, verdict, aims, notes, devices } = result;
  return JSON.stringify(
    { name, claim, source, seeds, measured, rule, verdict, aims, notes, devices },
    null,
    2,
  );
}
