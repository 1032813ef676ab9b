interface ColouredRun {
  id: string;
  createdAt: string;
  config: { method: string };
}

/** A method keeps its colour in every view; the teacher is neutral ink. */
const colourOfMethod: Readonly<Record<string, string>> = {
  teacher: '--data-teacher',
  drifting: '--run-purple',
  freeflow: '--run-orange',
  piflow: '--run-sky',
};

const cycle = ['--run-purple', '--run-orange', '--run-sky', '--run-vermillion', '--run-blue', '--run-yellow'];

/**
 * A colour token for every run. The oldest run of a method has the method's own colour, later ones
 * the next colours of the cycle, so that overlaid runs differ and no run changes colour when another
 * is added.
 */
export function runColours(runs: readonly ColouredRun[]): Map<string, string> {
  const oldestFirst = [...runs].sort(
    (a, b) => a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id),
  );
  const colours = new Map<string, string>();
  const countOfMethod = new Map<string, number>();
  for (const run of oldestFirst) {
    const { method } = run.config;
    const earlier = countOfMethod.get(method) ?? 0;
    countOfMethod.set(method, earlier + 1);
    colours.set(run.id, colourOf(method, earlier));
  }
  return colours;
}

function colourOf(method: string, earlier: number): string {
  const own = colourOfMethod[method] ?? '--run-blue';
  if (earlier === 0) return own;
  const start = Math.max(0, cycle.indexOf(own));
  const offset = own === '--data-teacher' ? earlier - 1 : earlier;
  return cycle[(start + offset) % cycle.length] ?? own;
}
