/** One line of the table of modes. */
export interface ModeRow {
  /** -1 for what lies outside all modes. */
  readonly mode: number;
  readonly count: number;
  /** Of all points, those outside included. */
  readonly share: number;
}

/**
 * How points spread over the modes, by mode, with what lies outside at the end.
 *
 * @param modes  [n], the mode of each point, -1 outside all
 * @param known  modes there are at least, so that an empty one is seen
 */
export function modeRows(modes: Float32Array, known = 0): ModeRow[] {
  const counts = new Map<number, number>();
  for (let mode = 0; mode < known; mode += 1) counts.set(mode, 0);
  for (const mode of modes) {
    const at = mode < 0 ? -1 : mode;
    counts.set(at, (counts.get(at) ?? 0) + 1);
  }
  if (!counts.has(-1)) counts.set(-1, 0);
  return [...counts]
    .map(([mode, count]) => ({ mode, count, share: modes.length === 0 ? 0 : count / modes.length }))
    .sort((a, b) => (a.mode < 0 ? 1 : b.mode < 0 ? -1 : a.mode - b.mode));
}

/** The largest number of a mode that was ever seen, plus one: modes that empty later stay listed. */
export function modesSeen(modes: Float32Array, before: number): number {
  let seen = before;
  for (const mode of modes) seen = Math.max(seen, mode + 1);
  return seen;
}
