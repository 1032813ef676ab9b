import { WorkbenchError } from '../errors.ts';

/**
 * What may cross a wire: null, undefined, booleans, numbers (NaN and infinities too), strings, lists,
 * plain objects, and the four kinds of typed array below. Every transport refuses the rest, so that
 * a value which works in-process works over a socket.
 */
export const arrayKinds = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
} as const;
export type ArrayKind = keyof typeof arrayKinds;
export type WireArray = InstanceType<(typeof arrayKinds)[ArrayKind]>;

/** Deeper nesting is taken for a cycle or an attack. */
export const maxDepth = 64;

export function arrayKindOf(view: ArrayBufferView): ArrayKind | null {
  for (const kind of Object.keys(arrayKinds) as ArrayKind[]) {
    if (view instanceof arrayKinds[kind]) return kind;
  }
  return null;
}

export function isPlainObject(value: object): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** `["config", "nfe", 0]` as `config.nfe[0]`; the root itself is `the message`. */
export function pathText(path: readonly PropertyKey[], root = 'the message'): string {
  if (path.length === 0) return root;
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : index === 0 ? String(part) : `.${String(part)}`,
    )
    .join('');
}

export function notEncodable(path: readonly PropertyKey[], found: string): WorkbenchError {
  return new WorkbenchError(
    'rpc/not-encodable',
    `${pathText(path)} cannot be sent: expected plain data or a Float32Array, Float64Array, ` +
      `Int32Array or Uint8Array, found ${found}`,
    { path: pathText(path) },
  );
}

/**
 * The same value, fit for structured cloning: every typed array exactly fills its buffer (a clone of
 * a view would carry the whole buffer under it). Parts that already fit are not copied.
 *
 * @throws WorkbenchError `rpc/not-encodable` naming the path of what cannot cross
 */
export function wireValue(value: unknown): unknown {
  return fit(value, []);
}

function fit(value: unknown, path: PropertyKey[]): unknown {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
    case 'number':
    case 'string':
      return value;
    case 'object':
      break;
    default:
      throw notEncodable(path, `a ${typeof value}`);
  }
  if (value === null) return null;
  if (path.length >= maxDepth) throw notEncodable(path, `nesting deeper than ${maxDepth}`);
  if (ArrayBuffer.isView(value)) return exactArray(value, path);
  if (Array.isArray(value)) {
    let copy: unknown[] | null = null;
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (item === null || typeof item === 'number' || typeof item === 'string') continue;
      path.push(i);
      const fitting = fit(item, path);
      path.pop();
      if (!Object.is(fitting, item)) (copy ??= value.slice())[i] = fitting;
    }
    return copy ?? value;
  }
  if (!isPlainObject(value)) throw notEncodable(path, className(value));
  let copy: Record<string, unknown> | null = null;
  for (const key of Object.keys(value)) {
    path.push(key);
    if (key === '__proto__') throw notEncodable(path, 'a field of that name');
    const fitting = fit(value[key], path);
    path.pop();
    if (!Object.is(fitting, value[key])) (copy ??= { ...value })[key] = fitting;
  }
  return copy ?? value;
}

function exactArray(view: ArrayBufferView, path: PropertyKey[]): ArrayBufferView {
  const kind = arrayKindOf(view);
  if (kind === null) throw notEncodable(path, className(view));
  const ownsAllOfIt = view.byteLength === view.buffer.byteLength && view.buffer instanceof ArrayBuffer;
  if (ownsAllOfIt && Object.getPrototypeOf(view) === arrayKinds[kind].prototype) return view;
  // Constructed, not sliced: `slice` of Node's Buffer is a view, and a Buffer must become a Uint8Array.
  return new arrayKinds[kind](view as WireArray);
}

export function className(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}
