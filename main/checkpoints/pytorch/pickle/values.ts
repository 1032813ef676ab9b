/**
 * What a pickle can make here. Integers are `bigint` and floats `number`, as Python tells them apart;
 * mappings are `Map`s, so that no key of a file ever becomes a property of an object.
 */
import type { Dtype } from '../../safetensors/dtypes.ts';
import type { PyStorage, PyTensor } from '../storages.ts';

export type PyValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | PyBytes
  | PyList
  | PyTuple
  | PyDict
  | PySet
  | PyGlobal
  | PyObject
  | PyText
  | NumpyDtype
  | PyStorage
  | PyTensor;

/** What a global on the list may be used for. */
export type GlobalRole =
  | { kind: 'dict' | 'defaultdict' | 'set' | 'bytearray' | 'complex' | 'encode' | 'type' }
  | { kind: 'size' | 'device' | 'layout' | 'plain-object' | 'numpy-scalar' | 'numpy-dtype' }
  | { kind: 'tensor' | 'tensor-v2' | 'tensor-v3' | 'parameter' | 'parameter-state' | 'from-type' }
  | { kind: 'tensor-class' | 'parameter-class' }
  | { kind: 'storage'; dtype: Dtype }
  | { kind: 'untyped-storage' }
  /** Of elements that are not read here, of this many bytes. */
  | { kind: 'unread-storage'; bytes: number }
  /** Null: torch has it and we do not read it. */
  | { kind: 'dtype'; dtype: Dtype | null }
  /** Known to torch, e.g. a quantised tensor, and not read here. */
  | { kind: 'unsupported'; what: string };

export class PyBytes {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

export class PyList {
  readonly items: PyValue[];
  constructor(items: PyValue[] = []) {
    this.items = items;
  }
}

export class PyTuple {
  readonly items: readonly PyValue[];
  constructor(items: readonly PyValue[]) {
    this.items = items;
  }
}

export class PySet {
  readonly items: PyValue[];
  constructor(items: PyValue[] = []) {
    this.items = items;
  }
}

/** A dict or a subclass of it that is as harmless; `hasAttributes` is what tells an OrderedDict from a dict. */
export class PyDict {
  readonly hasAttributes: boolean;
  private readonly byKey = new Map<unknown, [key: PyValue, value: PyValue]>();
  constructor(hasAttributes = false) {
    this.hasAttributes = hasAttributes;
  }

  get size(): number {
    return this.byKey.size;
  }

  /** @returns false if the key is of a kind that no dict has here */
  set(key: PyValue, value: PyValue): boolean {
    const hash = hashOf(key, 0);
    if (hash === null) return false;
    const entry = this.byKey.get(hash);
    // As in Python, the first of two equal keys stays, with its place, and takes the last value.
    if (entry === undefined) this.byKey.set(hash, [key, value]);
    else entry[1] = value;
    return true;
  }

  get(key: string): PyValue | undefined {
    return this.byKey.get(`s${key}`)?.[1];
  }

  entries(): IterableIterator<[key: PyValue, value: PyValue]> {
    return this.byKey.values();
  }
}

/** A name and no more than that: nothing is imported, and nothing is called. */
export class PyGlobal {
  readonly module: string;
  readonly name: string;
  /** Null if it is not on the list. */
  readonly role: GlobalRole | null;
  constructor(module: string, name: string, role: GlobalRole | null) {
    this.module = module;
    this.name = name;
    this.role = role;
  }

  get fullName(): string {
    return `${this.module}.${this.name}`;
  }
}

/** What a call of an inert global would have made, with the state it would have been given. */
export class PyObject {
  readonly of: PyGlobal;
  readonly state = new PyDict();
  constructor(of: PyGlobal) {
    this.of = of;
  }
}

/** A value of which only its text matters: a device, a complex number, a NumPy scalar of an odd type. */
export class PyText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** `numpy.dtype('f8')`; its byte order arrives by BUILD. */
export class NumpyDtype {
  readonly code: string;
  order = '=';
  constructor(code: string) {
    this.code = code;
  }
}

const MAX_KEY_LENGTH = 1024;
const MAX_KEY_DEPTH = 3;
const MAX_KEY_NUMBER = 2n ** 64n;

/**
 * Equal for keys that Python holds equal: 1, 1.0 and True are one key. Null for lists, dicts and NaN,
 * and for longer keys than any checkpoint has: a hash takes time with its length.
 */
function hashOf(key: PyValue, depth: number): unknown {
  if (typeof key === 'string') return key.length > MAX_KEY_LENGTH ? null : `s${key}`;
  if (key === null) return 'none';
  if (typeof key === 'bigint') return key > MAX_KEY_NUMBER || key < -MAX_KEY_NUMBER ? null : `n${key}`;
  if (typeof key === 'boolean') return key ? 'n1' : 'n0';
  if (typeof key === 'number') {
    if (Number.isNaN(key)) return null;
    return Number.isSafeInteger(key) ? `n${BigInt(key)}` : `n${key}`;
  }
  if (key instanceof PyTuple) {
    let hash = 't';
    for (const item of key.items) {
      const part = depth < MAX_KEY_DEPTH ? hashOf(item, depth + 1) : null;
      if (typeof part !== 'string') return null;
      hash += `${part.length}:${part}`;
      if (hash.length > MAX_KEY_LENGTH) return null;
    }
    return hash;
  }
  const isUnhashable =
    key instanceof PyList || key instanceof PyDict || key instanceof PySet || key instanceof PyBytes;
  return isUnhashable ? null : key;
}
