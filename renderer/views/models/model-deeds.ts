import type { ExportedModel, ModelSummary } from '#contract/checkpoints.ts';
import type { Hands } from '../../ui/hands.svelte.ts';

/** Moves a model to the trash at once; it can be taken back. */
export async function deleteModel(hands: Hands, model: ModelSummary): Promise<void> {
  const { models, selection } = hands.workbench;
  let trashed = '';
  async function remove(): Promise<void> {
    trashed = await models.remove(model.id);
    selection.forget(model.id);
  }
  if (!(await hands.attempt(`“${model.name}” was not deleted`, remove))) return;
  hands.did(
    {
      label: `Moved “${model.name}” to the trash`,
      undo: async () => {
        const restored = await models.restore(trashed);
        selection.openRun(restored.id);
      },
      redo: remove,
    },
    { offersUndo: true },
  );
}

export async function renameModel(hands: Hands, model: ModelSummary, name: string): Promise<boolean> {
  const { models } = hands.workbench;
  const before = model.name;
  const isDone = await hands.attempt(`“${before}” was not renamed`, () => models.rename(model.id, name));
  if (isDone) {
    hands.did({
      label: `Renamed “${before}” to “${name}”`,
      undo: () => models.rename(model.id, before),
      redo: () => models.rename(model.id, name),
    });
  }
  return isDone;
}

/** Writes the network of a run or a model to a file; a failure is shown. */
export async function exportModel(
  hands: Hands,
  run: string,
  name: string,
  format: 'safetensors' | 'onnx',
  names: 'fewstep' | 'original',
): Promise<ExportedModel | null> {
  let exported: ExportedModel | null = null;
  await hands.attempt(`“${name}” was not exported`, async () => {
    exported = await hands.workbench.models.export({ run, format, names });
  });
  return exported;
}
