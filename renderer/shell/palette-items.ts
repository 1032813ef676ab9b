import { commands, menus } from '#contract/commands.ts';
import type { CommandEntry, CommandId } from '#contract/commands.ts';
import type { Workbench } from '../state/workbench.svelte.ts';
import { shortcutText } from '../ui/shortcut.ts';
import { rankOf } from './palette-rank.ts';

export interface PaletteItem {
  /** Unique among all. */
  readonly key: string;
  readonly group: 'Commands' | 'Runs' | 'Demos' | 'Data sets' | 'Claims';
  readonly title: string;
  /** More to find it by, shown beside the title. */
  readonly about: string;
  readonly shortcut: string | null;
  readonly isEnabled: boolean;
  run(): void;
}

/** Most that is listed at once: whoever does not find it there types on. */
const mostListed = 60;
/** Runs that are offered before anything is typed. */
const newestRuns = 5;
/** What is found only by what stands beside the title comes after what is found by it. */
const aboutLoss = 250;

/** Everything that the palette can find: what can be done, and what can be opened. */
export function paletteItems(workbench: Workbench): PaletteItem[] {
  const { catalog, reproductions, runs, selection } = workbench;
  const entries = Object.entries(commands) as [CommandId, CommandEntry][];
  return [
    ...entries
      .filter(([id]) => id !== 'palette.open')
      .map(([id, { title, menu }]): PaletteItem => ({
        key: id,
        group: 'Commands',
        title,
        about: menus[menu],
        shortcut: shortcutText(id),
        isEnabled: workbench.commands.isEnabled(id),
        run: () => void workbench.commands.run(id),
      })),
    ...runs.list.map((run): PaletteItem => ({
      key: `run:${run.id}`,
      group: 'Runs',
      title: run.name,
      about: [run.config.method, run.config.dataset.id, run.status, ...run.tags].join(' '),
      shortcut: null,
      isEnabled: true,
      run: () => selection.openRun(run.id),
    })),
    ...runs.demos.map((run): PaletteItem => ({
      key: `run:${run.id}`,
      group: 'Demos',
      title: run.name,
      about: [run.config.method, run.config.dataset.id].join(' '),
      shortcut: null,
      isEnabled: true,
      run: () => workbench.openDemo(run.id),
    })),
    ...(catalog.catalog?.datasets ?? []).map((dataset): PaletteItem => ({
      key: `data:${dataset.id}`,
      group: 'Data sets',
      title: dataset.title,
      about: dataset.imported ? 'imported' : '',
      shortcut: null,
      isEnabled: true,
      run: () => selection.openDataset(dataset.id),
    })),
    ...reproductions.list.map((entry): PaletteItem => ({
      key: `claim:${entry.name}`,
      group: 'Claims',
      title: entry.claim,
      about: `${entry.name} ${entry.source}`,
      shortcut: null,
      isEnabled: true,
      run: () => selection.openReproduction(entry.name),
    })),
  ];
}

/** The items that answer a query, the best first; what is off stands last. */
export function foundItems(items: readonly PaletteItem[], query: string): PaletteItem[] {
  if (query.trim() === '') return withoutQuery(items);
  const ranked = items.flatMap((item) => {
    const rank = Math.max(
      rankOf(query, item.title) ?? -Infinity,
      (rankOf(query, `${item.title} ${item.about}`) ?? -Infinity) - aboutLoss,
    );
    return Number.isFinite(rank) ? [{ item, rank }] : [];
  });
  ranked.sort((a, b) => Number(b.item.isEnabled) - Number(a.item.isEnabled) || b.rank - a.rank);
  return ranked.slice(0, mostListed).map(({ item }) => item);
}

function withoutQuery(items: readonly PaletteItem[]): PaletteItem[] {
  let shownRuns = 0;
  const listed = items.filter(({ group }) => group !== 'Runs' || (shownRuns += 1) <= newestRuns);
  return [...listed.filter((item) => item.isEnabled), ...listed.filter((item) => !item.isEnabled)];
}
