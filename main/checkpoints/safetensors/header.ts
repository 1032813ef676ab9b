import { WorkbenchError } from '#contract/errors.ts';
import { quoted } from '../refusal.ts';
import { dtypeNames, isDtype } from './dtypes.ts';
import type { Dtype } from './dtypes.ts';
import { JsonScanner, fieldError } from './json-scanner.ts';

/** One entry of the header: where a tensor lies in the buffer that follows it. */
export interface TensorEntry {
  name: string;
  dtype: Dtype;
  shape: number[];
  /** Half-open byte range, relative to the first byte after the header. */
  begin: number;
  end: number;
}

interface Header {
  entries: TensorEntry[];
  metadata: Map<string, string>;
}

/** No framework makes a tensor of higher rank; a longer shape is an attack on memory. */
const MAX_RANK = 64;
/** No network has as many; a header of 100 MB could list two million. */
const MAX_TENSORS = 200_000;
const METADATA_KEY = '__metadata__';

/**
 * Reads the JSON header of a safetensors file: an object of objects of strings and integers.
 *
 * @throws WorkbenchError `checkpoint/header-json`, `header-field`, `duplicate-key`,
 *   `unsupported-dtype`, `size-overflow`, `too-many-tensors`
 */
export function parseHeader(text: string): Header {
  const scanner = new JsonScanner(text, 'the header');
  const entries: TensorEntry[] = [];
  let metadata: Map<string, string> | null = null;
  scanner.object('header', (name) => {
    if (name === METADATA_KEY) metadata = scanner.stringMap(METADATA_KEY);
    else entries.push(readTensor(scanner, name));
    if (entries.length > MAX_TENSORS) {
      throw new WorkbenchError(
        'checkpoint/too-many-tensors',
        `Expected at most ${MAX_TENSORS} tensors in the header, found more.`,
        { expected: MAX_TENSORS },
      );
    }
  });
  scanner.end();
  return { entries, metadata: metadata ?? new Map<string, string>() };
}

function readTensor(scanner: JsonScanner, name: string): TensorEntry {
  let dtype: Dtype | null = null;
  let shape: number[] | null = null;
  let offsets: number[] | null = null;
  const where = `tensor ${quoted(name)}`;
  scanner.object(where, (field) => {
    if (field === 'dtype') dtype = readDtype(scanner, where);
    else if (field === 'shape') shape = scanner.integers(`shape of ${where}`, MAX_RANK);
    else if (field === 'data_offsets') offsets = scanner.integers(`data_offsets of ${where}`, 2);
    else throw fieldError(where, 'only dtype, shape and data_offsets', `the field ${quoted(field)}`);
  });
  if (dtype === null) throw fieldError(where, 'a dtype', 'none');
  if (shape === null) throw fieldError(where, 'a shape', 'none');
  const [begin, end] = (offsets ?? []) as number[];
  if (begin === undefined || end === undefined) throw fieldError(where, 'two data_offsets', 'fewer');
  return { name, dtype, shape, begin, end };
}

function readDtype(scanner: JsonScanner, where: string): Dtype {
  const name = scanner.string(`dtype of ${where}`);
  if (isDtype(name)) return name;
  throw new WorkbenchError(
    'checkpoint/unsupported-dtype',
    `Expected one of ${dtypeNames().join(', ')} as dtype of ${where}, found ${quoted(name)}.`,
    { where, found: name },
  );
}
