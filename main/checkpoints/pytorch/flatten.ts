/**
 * Nested containers as a list of tensors with dotted names, and the plain values beside them as facts.
 * Iterative; shared containers are listed at each of their places, within a budget, and a container
 * inside itself is refused.
 */
import type { OpenMode } from '../checkpoint.ts';
import { quoted, refusal } from '../refusal.ts';
import {
  NumpyDtype,
  PyBytes,
  PyDict,
  PyGlobal,
  PyList,
  PyObject,
  PySet,
  PyText,
  PyTuple,
} from './pickle/values.ts';
import type { PyValue } from './pickle/values.ts';
import { PyStorage, PyTensor } from './storages.ts';

const MAX_DEPTH = 64;
/** Values that are looked at, at all places they are at. */
const MAX_VISITS = 1_500_000;
const MAX_TENSORS = 100_000;
const MAX_NAME = 1024;
const MAX_FACTS = 1000;
const MAX_FACT = 200;
/** A checkpoint that is one bare tensor has no name for it. */
const BARE = 'tensor';

interface Flattened {
  readonly tensors: Map<string, PyTensor>;
  readonly facts: Map<string, string>;
}

interface FlattenRules {
  readonly mode: OpenMode;
  readonly where: string;
  warn(code: string, message: string): void;
}

type Children = Iterator<readonly [key: string, value: PyValue]>;

/**
 * @throws WorkbenchError `checkpoint/torch-nesting`, `torch-cycle`, `torch-limit`, `torch-name`, and when
 *   importing `torch-name-clash`
 */
export function flatten(root: PyValue, rules: FlattenRules): Flattened {
  const tensors = new Map<string, PyTensor>();
  const facts = new Map<string, string>();
  const path: { name: string; container: PyValue; children: Children }[] = [];
  const onPath = new Set<PyValue>();
  const { where } = rules;
  let visits = 0;

  function visit(count: number): void {
    visits += count;
    if (visits > MAX_VISITS) throw refusal('torch-limit', where, `at most ${MAX_VISITS} values`, 'more');
  }

  function take(name: string, value: PyValue): void {
    visit(1);
    if (value instanceof PyTensor) return takeTensor(name === '' ? BARE : name, value);
    const children = childrenOf(value, visit);
    if (children === null) return takeFact(name, value, visit);
    if (onPath.has(value)) {
      throw refusal('torch-cycle', where, 'containers inside others', `${quoted(name)} inside itself`);
    }
    if (path.length === MAX_DEPTH) {
      throw refusal('torch-nesting', where, `at most ${MAX_DEPTH} containers inside each other`, 'more');
    }
    onPath.add(value);
    path.push({ name, container: value, children });
  }

  function takeTensor(name: string, tensor: PyTensor): void {
    let unique = name;
    if (tensors.has(name)) {
      if (rules.mode === 'import')
        throw refusal('torch-name-clash', where, 'one tensor of each name', `${quoted(name)} twice`);
      for (let copy = 2; tensors.has(unique); copy++) {
        visit(1);
        unique = `${name} (${copy})`;
      }
      rules.warn(
        'torch-name-clash',
        `two tensors are called ${quoted(name)}: one is listed as ${quoted(unique)}`,
      );
    }
    tensors.set(unique, tensor);
    if (tensors.size > MAX_TENSORS)
      throw refusal('torch-limit', where, `at most ${MAX_TENSORS} tensors`, 'more');
  }

  function takeFact(name: string, value: PyValue, count: (items: number) => void): void {
    if (facts.size >= MAX_FACTS || facts.has(name)) return;
    const text = factOf(value, count);
    if (text !== null) facts.set(name, text.length > MAX_FACT ? `${text.slice(0, MAX_FACT - 1)}…` : text);
  }

  take('', root);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const next = top.children.next();
    if (next.done === true) {
      onPath.delete(top.container);
      path.pop();
      continue;
    }
    const [key, value] = next.value;
    const name = path.length === 1 ? key : `${top.name}.${key}`;
    if (name.length > MAX_NAME) {
      throw refusal('torch-name', where, `names of at most ${MAX_NAME} characters`, `${name.length}`);
    }
    take(name, value);
  }
  return { tensors, facts };
}

/** What is listed below a value; null for leaves, which lists of plain values are too. */
function childrenOf(value: PyValue, visit: (count: number) => void): Children | null {
  if (value instanceof PyDict) return named(value.entries());
  if (value instanceof PyObject) return value.state.size === 0 ? null : named(value.state.entries());
  if (value instanceof PyList || value instanceof PyTuple) {
    visit(value.items.length);
    return value.items.every(isScalar) ? null : numbered(value.items);
  }
  return null;
}

function* named(entries: Iterable<readonly [PyValue, PyValue]>): Generator<readonly [string, PyValue]> {
  for (const [key, value] of entries) yield [keyText(key), value];
}

function* numbered(items: readonly PyValue[]): Generator<readonly [string, PyValue]> {
  for (const [index, value] of items.entries()) yield [String(index), value];
}

function keyText(key: PyValue): string {
  if (typeof key === 'string') return key;
  if (key instanceof PyTuple) return `(${key.items.map((item) => scalarText(item) ?? '?').join(', ')})`;
  return scalarText(key) ?? (key instanceof PyGlobal ? key.fullName : '?');
}

function isScalar(value: PyValue): boolean {
  return value === null || typeof value !== 'object' || value instanceof PyText;
}

function scalarText(value: PyValue): string | null {
  if (value === null) return 'none';
  if (typeof value !== 'object') return typeof value === 'string' ? value : String(value);
  return value instanceof PyText ? value.text : null;
}

function factOf(value: PyValue, visit: (count: number) => void): string | null {
  if (value instanceof PyList || value instanceof PyTuple || value instanceof PySet) {
    // More than these would be cut off anyway.
    const first = value.items.slice(0, MAX_FACT);
    visit(first.length);
    return `[${first.map((item) => (scalarText(item) ?? '?').slice(0, MAX_FACT)).join(', ')}]`;
  }
  if (value instanceof PyBytes) return `${value.bytes.length} bytes`;
  if (value instanceof PyStorage) return `a storage of ${value.bytes} bytes`;
  if (value instanceof PyGlobal) return value.role?.kind === 'dtype' ? value.fullName : null;
  if (value instanceof NumpyDtype) return value.code;
  return scalarText(value);
}
