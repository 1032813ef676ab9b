/** The registry of datasets: a new one is a file and a line here. */
import { WorkbenchError } from '#contract/errors.ts';
import type { Dataset } from './dataset.ts';
import { digits } from './images/digits.ts';
import { shapes } from './images/shapes.ts';
import { bimodal } from './toy2d/bimodal.ts';
import { checkerboard } from './toy2d/checkerboard.ts';
import { eightGaussians } from './toy2d/eight-gaussians.ts';
import { gaussianMixture } from './toy2d/gaussian-mixture.ts';
import { pinwheel } from './toy2d/pinwheel.ts';
import { rings } from './toy2d/rings.ts';
import { spiral } from './toy2d/spiral.ts';
import { swissRoll } from './toy2d/swiss-roll.ts';
import { twoMoons } from './toy2d/two-moons.ts';

export type { DataSource, Dataset } from './dataset.ts';
export { IMAGE_FILE_ENDING, ImageFileWriter, openImageFile } from './imported/image-file.ts';
export { imagesFromFiles, importedImages, isImageFile } from './imported/images.ts';
export { importedDataset, npyFromPoints, pointsFromFile } from './imported/imported.ts';
export { keptDataset } from './imported/kept.ts';
export { npzFromImages } from './imported/write-npz.ts';
export { parseDatasetParams } from './parse-params.ts';

/** Points, in the order in which a person is offered them. */
export const datasets: readonly Dataset[] = [
  checkerboard,
  swissRoll,
  twoMoons,
  eightGaussians,
  pinwheel,
  rings,
  spiral,
  bimodal,
  gaussianMixture,
];

/** Images, with labels, likewise. */
export const imageDatasets: readonly Dataset[] = [digits, shapes];

/**
 * @param imported  datasets that a person brought, looked up beside the built-in ones
 * @throws WorkbenchError `dataset/unknown`, naming those that exist
 */
export function datasetById(id: string, imported: readonly Dataset[] = []): Dataset {
  const known = [...datasets, ...imageDatasets, ...imported];
  const dataset = known.find((each) => each.id === id);
  if (dataset === undefined) {
    const ids = known.map((each) => each.id);
    throw new WorkbenchError(
      'dataset/unknown',
      `dataset.id: expected one of ${ids.join(', ')}, found ${JSON.stringify(id)}`,
      { field: 'dataset.id', known: ids },
    );
  }
  return dataset;
}
