/** Checks one file with tensors of every dtype and layout, value by value. */
import { z } from 'zod';
import { parseFields } from '#contract/parse.ts';
import { doublesOf, torchDtype } from '../../checkpoints/elements.ts';
import { type Checkpoint, type TensorInfo, openCheckpoint } from '../../checkpoints/index.ts';

const flavoursFile = z.record(
  z.string(),
  z.object({ dtype: z.string(), shape: z.array(z.int()), values: z.array(z.number()) }),
);

interface FlavourComparison {
  readonly name: string;
  /** 0 where dtype, shape and every value are those of the file, infinite where one is not. */
  readonly relativeError: number;
}

/** @throws WorkbenchError `checkpoint/...` for a file that a strict import refuses */
export function checkFlavours(json: unknown, file: string): FlavourComparison[] {
  const expected = parseFields(flavoursFile, json);
  const checkpoint = openCheckpoint(file, 'import');
  try {
    const found = withoutWrapper(checkpoint.tensors, Object.keys(expected));
    const names = new Set([...Object.keys(expected), ...found.keys()]);
    return [...names].map((name) => {
      const [tensor, wanted] = [found.get(name), expected[name]];
      const isSame =
        tensor !== undefined &&
        wanted !== undefined &&
        torchDtype(tensor.dtype) === wanted.dtype &&
        tensor.shape.join() === wanted.shape.join() &&
        isSameList(valuesOf(checkpoint, tensor), wanted.values);
      return { name, relativeError: isSame ? 0 : Infinity };
    });
  } finally {
    checkpoint.close();
  }
}

/** By the names of the dict that is meant: files keep it beside other things, as `state_dict`. */
function withoutWrapper(tensors: readonly TensorInfo[], names: readonly string[]): Map<string, TensorInfo> {
  const wrappers = new Set(['', ...tensors.map(({ name }) => name.slice(0, name.indexOf('.') + 1))]);
  const all = new Set(tensors.map(({ name }) => name));
  const wrapper = [...wrappers].find((each) => names.every((name) => all.has(each + name))) ?? '';
  const inside = tensors.filter(({ name }) => name.startsWith(wrapper));
  return new Map(inside.map((tensor) => [tensor.name.slice(wrapper.length), tensor]));
}

function isSameList(found: readonly number[], expected: readonly number[]): boolean {
  return found.length === expected.length && found.every((value, i) => Object.is(value, expected[i]));
}

function valuesOf(checkpoint: Checkpoint, { name, dtype }: TensorInfo): number[] {
  return [...checkpoint.pieces(name)].flatMap((piece) => [...doublesOf(piece, dtype)]);
}
