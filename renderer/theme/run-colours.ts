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

/** Colours for further runs: first those that no method has as its own. */
const cycle = ['--run-vermillion', '--run-blue', '--run-yellow', '--run-orange', '--run-sky', '--run-purple'];

/**
 * A colour token for every run. The oldest run of a method has the method's own colour, a later one
 * the colour that the fewest older runs have, so that overlaid runs differ and no run changes colour
 * when another is added.
 */
export function runColours(runs: readonly ColouredRun[]): Map<string, string> {
  const oldestFirst = [...runs].sort(
    (a, b) => a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id),
  );
  const colours = new Map<string, string>();
  const uses = new Map(cycle.map((colour) => [colour, 0]));
  const methods = new Set<string>();
  for (const run of oldestFirst) {
    const { method } = run.config;
    const own = methods.has(method) ? undefined : colourOfMethod[method];
    methods.add(method);
    const colour = own ?? leastUsed(uses);
    uses.set(colour, (uses.get(colour) ?? 0) + 1);
    colours.set(run.id, colour);
  }
  return colours;
}

function leastUsed(uses: ReadonlyMap<string, number>): string {
  return cycle.reduce((best, each) => ((uses.get(each) ?? 0) < (uses.get(best) ?? 0) ? each : best));
}
