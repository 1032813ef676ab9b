/** A dataset's parameters from outside: checked against its schema, with errors that name the field. */
import type { z } from 'zod';
import { parseFields } from '#contract/parse.ts';
import type { Dataset } from './dataset.ts';

/**
 * Parses parameters and fills in defaults.
 *
 * @param path  where the parameters stand in the configuration, for the message
 * @throws WorkbenchError `config/unknown-field` or `config/wrong-value`; the message names up to three
 *   fields and `detail.issues` all of them
 */
export function parseDatasetParams(
  dataset: Dataset,
  raw: unknown,
  path = 'dataset.params',
): z.output<z.ZodObject> {
  return parseFields(dataset.params, raw, path);
}
