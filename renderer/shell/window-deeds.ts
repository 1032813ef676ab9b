import { tick } from 'svelte';
import type { RunSummary } from '#contract/runs.ts';
import type { Deed, Deeds } from '../state/commands.svelte.ts';
import type { PaneCount, ViewId } from '../state/panes.svelte.ts';
import { drafts } from '../state/selection.svelte.ts';
import type { Draft } from '../state/selection.svelte.ts';
import type { Hands } from '../ui/hands.svelte.ts';
import { copyCommandLine, deleteRun, duplicateRun, runCommandLine } from '../views/runs/run-deeds.ts';
import { actionsOf } from '../views/runs/status-text.ts';
import type { Dialogs } from './dialogs.svelte.ts';
import type { Layout } from './layout.svelte.ts';

/** The deeds of the command table that the window itself does. */
export function windowDeeds(hands: Hands, layout: Layout, dialogs: Dialogs): Deeds {
  const { workbench } = hands;
  const { selection, panes, playback, training, picks } = workbench;
  const isConnected = (): boolean => workbench.connection.status === 'connected';
  const steps = (): Float64Array => workbench.film?.steps ?? new Float64Array();

  /** Something about the selected run; off without one, and while nobody is connected. */
  function ofRun(run: (run: RunSummary) => unknown, isPossible: (run: RunSummary) => boolean): Deed {
    return {
      isEnabled: () => workbench.run !== null && isConnected() && isPossible(workbench.run),
      run: async () => {
        if (workbench.run !== null) await run(workbench.run);
      },
    };
  }
  const own = (run: RunSummary): boolean => !run.isDemo;

  function openForm(draft: Draft): Deed {
    return {
      run: () => {
        selection.openForm(draft);
        layout.open('right');
      },
    };
  }

  /** Brings the selected run's inspector up and goes to a field in it. */
  function goTo(field: string): () => Promise<void> {
    return async () => {
      selection.closeForm();
      selection.closeDataset();
      layout.open('right');
      await focusOn(field);
    };
  }

  function showView(view: ViewId): Deed {
    return {
      run: () => {
        selection.openStage('views');
        panes.active.view = view;
      },
    };
  }

  function split(count: PaneCount): Deed {
    return {
      run: () => {
        selection.openStage('views');
        panes.split(count);
      },
    };
  }

  const inSamplerTime = (run: () => void): Deed => ({ isEnabled: () => workbench.hasSamplerTime, run });
  const inFilm = (run: () => void): Deed => ({ isEnabled: () => steps().length > 0, run });

  return {
    'palette.open': { run: () => dialogs.show('palette') },
    'help.shortcuts': { run: () => dialogs.show('shortcuts') },

    'run.new': openForm(drafts.drifting),
    'run.newTeacher': openForm(drafts.teacher),
    'data.import': { isEnabled: isConnected, run: () => dialogs.pickFile() },
    'data.draw': { run: () => openRoom('draw') },
    'data.gallery': { run: () => openRoom('gallery') },
    'reproductions.open': {
      run: () => {
        selection.openReproduction(null);
        layout.closeDrawers();
      },
    },

    'engine.open': { run: () => openRoom('engine') },

    'edit.undo': { isEnabled: () => hands.canUndo, run: () => hands.undo() },
    'edit.redo': { isEnabled: () => hands.canRedo, run: () => hands.redo() },
    'selection.clear': { isEnabled: () => picks.selected.size > 0, run: () => picks.clear() },

    'run.pause': ofRun(
      (run) => hands.attempt(`“${run.name}” was not paused`, () => workbench.runs.pause(run.id)),
      (run) => actionsOf(run).canPause,
    ),
    'run.resume': ofRun(
      (run) => hands.attempt(`“${run.name}” was not resumed`, () => workbench.runs.resume(run.id)),
      (run) => actionsOf(run).canResume,
    ),
    'run.stop': ofRun(
      (run) => hands.attempt(`“${run.name}” was not stopped`, () => workbench.runs.stop(run.id)),
      (run) => actionsOf(run).canStop,
    ),
    'run.rename': ofRun(goTo('run-name'), own),
    'run.tag': ofRun(goTo('run-tags'), own),
    'run.duplicate': {
      isEnabled: () => workbench.run !== null,
      run: () => {
        if (workbench.run === null) return;
        duplicateRun(workbench, workbench.run);
        layout.open('right');
      },
    },
    'run.copyCommand': {
      isEnabled: () => workbench.run !== null && runCommandLine(workbench, workbench.run) !== null,
      run: async () => {
        if (workbench.run !== null) await copyCommandLine(hands, workbench.run);
      },
    },
    'run.delete': ofRun((run) => deleteRun(hands, run), own),
    'run.search': {
      run: async () => {
        layout.open('left');
        layout.fold('runs', false);
        await focusOn('run-search');
      },
    },

    'view.trajectories': showView('trajectories'),
    'view.fields': showView('fields'),
    'view.samples': showView('samples'),
    'view.metrics': showView('metrics'),
    'view.compare': showView('compare'),
    'panes.one': split(1),
    'panes.two': split(2),
    'panes.four': split(4),

    'playback.toggle': inSamplerTime(() => playback.toggle()),
    'playback.forward': inSamplerTime(() => playback.stepTowardsData()),
    'playback.back': inSamplerTime(() => playback.stepTowardsNoise()),
    'film.toggle': inFilm(() => training.toggle(steps())),
    'film.forward': inFilm(() => training.move(1, steps())),
    'film.back': inFilm(() => training.move(-1, steps())),
    'film.live': { isEnabled: () => training.step !== null, run: () => training.follow() },
  };

  function openRoom(room: 'draw' | 'gallery' | 'engine'): void {
    selection.openStage(room);
    layout.closeDrawers();
  }
}

/** Goes to a field by its id once it stands, and selects what is in it. */
async function focusOn(id: string): Promise<void> {
  await tick();
  const field = document.getElementById(id);
  field?.focus();
  if (field instanceof HTMLInputElement) field.select();
}
