import type { RunSummary } from '#contract/runs.ts';
import type { Deed } from '../state/commands.svelte.ts';
import type { Exportable, Pane } from '../state/panes.svelte.ts';
import type { Workbench } from '../state/workbench.svelte.ts';
import type { Toasts } from '../ui/toasts.svelte.ts';
import { safeFileName } from './about.ts';
import { devicesText } from './footer.ts';
import { exportedFile } from './files.ts';
import type { ExportFormat } from './files.ts';
import { saveFile } from './save-file.ts';

/**
 * Gives the export commands their deeds: a file of what the active pane shows, one at a time. A
 * failure is told.
 *
 * @returns takes them back
 */
export function provideExports(workbench: Workbench, toasts: Pick<Toasts, 'failed'>): () => void {
  const { commands, connection, panes } = workbench;
  let isBusy = $state(false);

  /** All runs that the picture shows. */
  function shownRuns({ pinnedRun }: Pane, exportable: Exportable): RunSummary[] {
    const ids = exportable.runs?.() ?? [pinnedRun ?? workbench.selection.run];
    return [...new Set(ids)].flatMap((id) => workbench.runs.get(id) ?? []);
  }

  async function save(pane: Pane, format: ExportFormat): Promise<void> {
    const { exportable } = pane;
    if (exportable === null || isBusy) return;
    isBusy = true;
    try {
      const { run, step, config } = exportable.about;
      const version = connection.engine?.version ?? null;
      const devices = devicesText(shownRuns(pane, exportable));
      const file = await exportedFile(exportable, format, {
        program: 'Fewstep',
        version,
        run,
        step,
        devices,
        config,
      });
      saveFile(safeFileName(exportable.name, format), file);
    } catch (error) {
      toasts.failed(`The ${format.toUpperCase()} file was not made`, error);
    } finally {
      isBusy = false;
    }
  }

  function exporting(format: ExportFormat): Deed {
    return {
      isEnabled: () => panes.active.exportable !== null && !isBusy,
      run: () => save(panes.active, format),
    };
  }

  return commands.provide({
    'export.png': exporting('png'),
    'export.svg': exporting('svg'),
    'export.csv': exporting('csv'),
    'export.npz': exporting('npz'),
  });
}
