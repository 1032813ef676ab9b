import { commandLineOf } from '#contract/command-line.ts';
import type { JsonSchema, MethodEntry } from '#contract/catalog.ts';
import type { RunSummary } from '#contract/runs.ts';
import type { Workbench } from '../../state/workbench.svelte.ts';
import type { Hands } from '../../ui/hands.svelte.ts';
import { actionsOf } from './status-text.ts';
import { untilStopped } from './until-stopped.svelte.ts';

/** Moves a run to the trash at once, stopping it first if it trains; it can be taken back. */
export async function deleteRun(hands: Hands, run: RunSummary): Promise<void> {
  const { runs, selection } = hands.workbench;
  let trashed = '';
  async function remove(): Promise<void> {
    const now = runs.get(run.id);
    if (now !== null && actionsOf(now).canStop) {
      await runs.stop(run.id);
      await untilStopped(hands.workbench, run.id);
    }
    trashed = await runs.remove(run.id);
    selection.forget(run.id);
  }
  if (!(await hands.attempt(`“${run.name}” was not deleted`, remove))) return;
  hands.did(
    {
      label: `Moved “${run.name}” to the trash`,
      undo: async () => {
        const restored = await runs.restore(trashed);
        selection.openRun(restored.id);
      },
      redo: remove,
    },
    { offersUndo: true },
  );
}

export async function renameRun(hands: Hands, run: RunSummary, name: string): Promise<boolean> {
  const { runs } = hands.workbench;
  const before = run.name;
  const isDone = await hands.attempt(`“${before}” was not renamed`, () => runs.rename(run.id, name));
  if (isDone) {
    hands.did({
      label: `Renamed “${before}” to “${name}”`,
      undo: () => runs.rename(run.id, before),
      redo: () => runs.rename(run.id, name),
    });
  }
  return isDone;
}

export async function tagRun(hands: Hands, run: RunSummary, tags: readonly string[]): Promise<boolean> {
  const { runs } = hands.workbench;
  const before = run.tags;
  const isDone = await hands.attempt(`The tags of “${run.name}” were not changed`, () =>
    runs.tag(run.id, tags),
  );
  if (isDone) {
    hands.did({
      label: `Changed the tags of “${run.name}”`,
      undo: () => runs.tag(run.id, before),
      redo: () => runs.tag(run.id, tags),
    });
  }
  return isDone;
}

/** Opens the form with the settings of a run. */
export function duplicateRun({ selection }: Workbench, run: RunSummary): void {
  const { name: _name, ...config } = run.config;
  selection.openForm({ method: config.method, dataset: config.dataset.id, config });
}

/** The shell command that trains a run again; null while its schemas are not known. */
export function runCommandLine({ catalog }: Workbench, run: RunSummary): string | null {
  const method = catalog.method(run.config.method);
  const dataset = catalog.dataset(run.config.dataset.id);
  if (method === null || catalog.runSchema === null) return null;
  return commandLineOf(run.config, {
    methodSchema: run.sampleShape === undefined ? method.params : withoutImageDefaults(method),
    // A data set that is gone has no schema any more; points that were brought never had parameters.
    datasetSchema: dataset?.params ?? {},
    runSchema: catalog.runSchema,
  });
}

/** Defaults that images change depend on more than a command says, so that these values are always written. */
function withoutImageDefaults({ params, imageDefaults }: MethodEntry): JsonSchema {
  const properties = Object.entries((params['properties'] ?? {}) as Record<string, object>);
  const plain = properties.map(([name, property]) => [
    name,
    name in imageDefaults ? { ...property, default: undefined } : property,
  ]);
  return { ...params, properties: Object.fromEntries(plain) };
}

export async function copyCommandLine(hands: Hands, run: RunSummary): Promise<void> {
  const line = runCommandLine(hands.workbench, run);
  if (line === null) return;
  const isDone = await hands.attempt('The command was not copied', () => navigator.clipboard.writeText(line));
  if (isDone) hands.toasts.done('Copied as command line');
}
