/** A file as the inspector lists it: what is in it, what it is, and whether a strict import would take it. */
import path from 'node:path';
import type { CheckpointListing, RecognitionOptions } from '#contract/checkpoints.ts';
import { wireErrorFrom } from '#contract/errors.ts';
import { type Checkpoint, openCheckpoint } from '../../checkpoints/index.ts';
import { torchDtype } from '../../checkpoints/elements.ts';
import { groupsOf } from '../../checkpoints/name-maps/groups.ts';
import { type Recognised, recognise } from '../../checkpoints/name-maps/recognise.ts';
import { byteLengthOf } from '../../checkpoints/safetensors/dtypes.ts';
import { configFacts } from './config-facts.ts';

type Note = CheckpointListing['warnings'][number];

const PROTOTYPE = '__proto__';

/** @throws WorkbenchError `checkpoint/...` for a file that cannot even be looked at */
export function listingOf(file: string, options: RecognitionOptions): CheckpointListing {
  const checkpoint = openCheckpoint(file, 'inspect');
  try {
    const { tensors, metadata, facts, inert, warnings, format, fileBytes } = checkpoint;
    const { recognition, nearest } = recognised(file, checkpoint, options);
    const refusal = strictRefusal(file, format);
    const dropped: Note[] = [];
    return {
      name: path.basename(file),
      format,
      fileBytes,
      tensors: tensors.map(({ name, dtype, shape, sharedWith }) => ({
        name,
        dtype: torchDtype(dtype),
        shape: [...shape],
        bytes: Number(byteLengthOf(dtype, shape)),
        ...(sharedWith === undefined ? {} : { sharedWith }),
      })),
      parameters: countOf(tensors),
      metadata: fieldsOf(metadata, dropped),
      facts: fieldsOf(facts, dropped),
      inert: [...inert],
      warnings: [...warnings.map(({ code, message }) => ({ code, message })), ...dropped],
      groups: groupsOf(tensors),
      recognised: recognition,
      nearest,
      importable: refusal === null,
      refusal,
    };
  } finally {
    checkpoint.close();
  }
}

/** What an open file is, by its tensors and by what lies beside it. */
export function recognised(file: string, checkpoint: Checkpoint, options: RecognitionOptions): Recognised {
  const facts = new Map([...checkpoint.facts, ...configFacts(file)]);
  const { tensors, metadata, format } = checkpoint;
  return recognise({ tensors, metadata, format, facts, fileName: path.basename(file) }, options);
}

/** Elements of all of them. */
export function countOf(tensors: readonly { readonly shape: readonly number[] }[]): number {
  return tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

/** As an object. A field of objects themselves cannot be one of its: nothing carries it any further. */
function fieldsOf(values: ReadonlyMap<string, string>, dropped: Note[]): Record<string, string> {
  const fields = Object.fromEntries(values);
  if (values.has(PROTOTYPE)) {
    delete fields[PROTOTYPE];
    const message = `A value under the name "${PROTOTYPE}" is not shown.`;
    dropped.push({ code: 'checkpoint/field-name', message });
  }
  return fields;
}

function strictRefusal(file: string, format: CheckpointListing['format']): CheckpointListing['refusal'] {
  // A pickle alone is looked at more leniently than it is imported.
  if (!format.startsWith('pytorch')) return null;
  try {
    openCheckpoint(file, 'import').close();
    return null;
  } catch (error) {
    const { code, message } = wireErrorFrom(error);
    return { code, message };
  }
}
