/** A file that an import kept, as the dataset that it is. */
import type { Dataset } from '../dataset.ts';
import { openImageFile } from './image-file.ts';
import { importedImages } from './images.ts';
import { importedLatents } from './latents.ts';

/** @throws WorkbenchError `dataset/damaged` */
export function keptDataset(id: string, file: string): Dataset {
  const kept = openImageFile(file);
  if (kept.kind === 'latents') return importedLatents(id, kept);
  const { count, shape, labels, classNames, rows, peak, title } = kept;
  const set = { count, shape, labels, classes: classNames.length, row: (i: number) => rows.row(i) };
  return importedImages(id, title, set, { peak, classNames });
}
