import type { DatasetEntry } from '#contract/catalog.ts';
import type { Hands } from '../../ui/hands.svelte.ts';

/**
 * Stores a file of points as a data set; it can be taken back.
 *
 * @returns its id, null if it was refused, which has then been shown
 */
export async function importDataset(hands: Hands, file: File): Promise<string | null> {
  const { catalog, selection } = hands.workbench;
  let id = '';
  let trashed = '';
  const isDone = await hands.attempt(`${file.name} was not imported`, async () => {
    id = await catalog.importPoints(file);
  });
  if (!isDone) return null;
  hands.did(
    {
      label: `Stored ${file.name} as a data set`,
      undo: async () => {
        trashed = await catalog.removeDataset(id);
        if (selection.dataset === id) selection.closeDataset();
        if (selection.draft?.dataset === id) selection.closeForm();
      },
      redo: async () => {
        id = await catalog.restoreDataset(trashed);
      },
    },
    { offersUndo: true },
  );
  return id;
}

/** Moves an imported or drawn data set to the trash at once; it can be taken back. */
export async function removeDataset(hands: Hands, dataset: DatasetEntry): Promise<void> {
  const { catalog, selection } = hands.workbench;
  let trashed = '';
  async function remove(): Promise<void> {
    trashed = await catalog.removeDataset(dataset.id);
    if (selection.dataset === dataset.id) selection.closeDataset();
  }
  if (!(await hands.attempt(`“${dataset.title}” was not removed`, remove))) return;
  hands.did(
    {
      label: `Moved “${dataset.title}” to the trash`,
      undo: async () => {
        selection.openDataset(await catalog.restoreDataset(trashed));
      },
      redo: remove,
    },
    { offersUndo: true },
  );
}
