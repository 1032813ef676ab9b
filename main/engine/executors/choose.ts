/** Which executor `auto` takes: the fastest that computes what the others do. */
import type { ExecutorEntry, ExecutorId } from '#contract/engines.ts';

export interface Choice {
  readonly id: ExecutorId;
  /** Why, in words. */
  readonly because: string;
}

/** What agrees with all others, is always there, and is slow: never taken by itself. */
const ORACLE: ExecutorId = 'reference';
const USUAL: ExecutorId = 'ort-cpu';
/**
 * How much faster than the usual one another must be: a machine that is busy for some seconds makes more of
 * a difference than less than this, and what is usual repeats its runs bit for bit.
 */
const CLEARLY = 1.25;

/** Executors that `auto` may take: no software GPU, which is right and slow. */
function candidates(entries: readonly ExecutorEntry[]): ExecutorEntry[] {
  return entries.filter(
    ({ id, available, device }) => available && id !== ORACLE && device?.isSoftware !== true,
  );
}

/** What must be measured before `auto` can be decided: nothing where there is no choice. */
export function unmeasured(entries: readonly ExecutorEntry[]): ExecutorId[] {
  const possible = candidates(entries);
  if (possible.length < 2) return [];
  return possible.filter(({ score }) => score === null).map(({ id }) => id);
}

/** @param pinned  what a person has named for `auto`, null for nothing */
export function choiceOf(entries: readonly ExecutorEntry[], pinned: ExecutorId | null = null): Choice {
  if (pinned !== null) return { id: pinned, because: 'FEWSTEP_EXECUTOR names it' };
  const possible = candidates(entries);
  const fallback = possible.find(({ id }) => id === USUAL)?.id ?? possible[0]?.id ?? USUAL;
  if (possible.length < 2) return { id: fallback, because: alone(entries) };
  if (unmeasured(entries).length > 0) return { id: fallback, because: 'the others are not measured yet' };
  const agreeing = possible.filter(({ score }) => score?.agrees === true);
  const [fastest, ...slower] = agreeing.sort((a, b) => speedOf(b) - speedOf(a));
  if (fastest === undefined) return { id: fallback, because: 'no other agrees with it' };
  const usual = slower.find(({ id }) => id === USUAL);
  if (usual !== undefined && speedOf(fastest) < CLEARLY * speedOf(usual)) {
    return {
      id: USUAL,
      because: `no other is clearly faster, ${rate(usual)} steps/s; ${fastest.id} ${rate(fastest)}`,
    };
  }
  const others = slower.map((each) => `${each.id} ${rate(each)}`);
  const wrong = possible
    .filter(({ score }) => score?.agrees === false)
    .map(({ id }) => `${id} does not agree`);
  return {
    id: fastest.id,
    because: [`the fastest that agrees, ${rate(fastest)} steps/s`, ...others, ...wrong].join('; '),
  };
}

function alone(entries: readonly ExecutorEntry[]): string {
  const isPlayed = entries.some(({ available, device }) => available && device?.isSoftware === true);
  return isPlayed ? 'the only one here but for a GPU that the processor plays' : 'the only one here';
}

function speedOf({ score }: ExecutorEntry): number {
  return score?.stepsPerSec ?? 0;
}

function rate(entry: ExecutorEntry): string {
  return speedOf(entry).toPrecision(3);
}
