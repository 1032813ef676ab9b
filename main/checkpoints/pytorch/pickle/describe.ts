import { refusal } from '../../refusal.ts';
import { PyStorage, PyTensor } from '../storages.ts';
import { PyDict, PyGlobal, PyList, PyObject, PySet, PyTuple } from './values.ts';
import type { PyValue } from './values.ts';

export function badCall({ where }: { where: string }, expected: string, found: string) {
  return refusal('pickle-call', where, expected, found);
}

/** For messages. */
export function kindOf(value: PyValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  if (typeof value === 'bigint') return 'an integer';
  if (typeof value === 'object') {
    if (value instanceof PyGlobal) return value.fullName;
    if (value instanceof PyObject) return `an object of ${value.of.fullName}`;
    if (value instanceof PyTensor) return 'a tensor';
    if (value instanceof PyStorage) return 'a storage';
    if (value instanceof PyDict) return 'a dict';
    if (value instanceof PyList) return 'a list';
    if (value instanceof PyTuple) return 'a tuple';
    if (value instanceof PySet) return 'a set';
    return 'plain data';
  }
  return typeof value === 'string' ? 'a string' : typeof value === 'number' ? 'a float' : 'a boolean';
}
