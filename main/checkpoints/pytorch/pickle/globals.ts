/**
 * The globals that a state dict or a training file needs, by exact module and name. Names are kept as
 * pairs: `torch` with `_utils._rebuild_tensor_v2` is not `torch._utils` with `_rebuild_tensor_v2`.
 */
import type { Dtype } from '../../safetensors/dtypes.ts';
import type { GlobalRole } from './values.ts';

const STORAGES: Record<string, Dtype> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
  ComplexFloatStorage: 'C64',
};

/** Bytes of an element of storages that torch has and that are not read here. */
const UNREAD_STORAGES: Record<string, number> = {
  ComplexDoubleStorage: 16,
  QUInt8Storage: 1,
  QInt8Storage: 1,
  QInt32Storage: 4,
  QUInt4x2Storage: 1,
  QUInt2x4Storage: 1,
};

const DTYPES: Record<string, Dtype | null> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint64: 'U64',
  uint32: 'U32',
  uint16: 'U16',
  uint8: 'U8',
  bool: 'BOOL',
  complex64: 'C64',
  float8_e4m3fn: 'F8_E4M3',
  float8_e4m3fnuz: 'F8_E4M3FNUZ',
  float8_e5m2: 'F8_E5M2',
  float8_e5m2fnuz: 'F8_E5M2FNUZ',
  float8_e8m0fnu: 'F8_E8M0',
  float4_e2m1fn_x2: null,
  complex32: null,
  complex128: null,
  quint8: null,
  qint8: null,
  qint32: null,
  quint4x2: null,
  quint2x4: null,
};

const UNSUPPORTED_REBUILDS: Record<string, string> = {
  _rebuild_qtensor: 'a quantised tensor',
  _rebuild_sparse_tensor: 'a sparse tensor',
  _rebuild_meta_tensor_no_storage: 'a meta tensor without values',
  _rebuild_nested_tensor: 'a nested tensor',
  _rebuild_wrapper_subclass: 'a tensor subclass',
  _rebuild_device_tensor_from_numpy: 'a tensor kept as a NumPy array',
  _rebuild_device_tensor_from_cpu_tensor: 'a tensor of another device',
};

const ROLES = new Map<string, GlobalRole>();

function allow(module: string, name: string, role: GlobalRole): void {
  ROLES.set(pairOf(module, name), role);
}

function pairOf(module: string, name: string): string {
  return `${module}\n${name}`;
}

for (const [name, dtype] of Object.entries(STORAGES)) {
  for (const module of ['torch', 'torch.cuda']) allow(module, name, { kind: 'storage', dtype });
}
for (const [name, bytes] of Object.entries(UNREAD_STORAGES)) {
  for (const module of ['torch', 'torch.cuda']) allow(module, name, { kind: 'unread-storage', bytes });
}
allow('torch.storage', 'UntypedStorage', { kind: 'untyped-storage' });
for (const [name, dtype] of Object.entries(DTYPES)) allow('torch', name, { kind: 'dtype', dtype });
allow('torch.storage', 'TypedStorage', { kind: 'unsupported', what: 'a storage without a type' });
for (const [name, what] of Object.entries(UNSUPPORTED_REBUILDS)) {
  allow('torch._utils', name, { kind: 'unsupported', what });
}

allow('torch._utils', '_rebuild_tensor', { kind: 'tensor' });
allow('torch._utils', '_rebuild_tensor_v2', { kind: 'tensor-v2' });
allow('torch._utils', '_rebuild_tensor_v3', { kind: 'tensor-v3' });
allow('torch._utils', '_rebuild_parameter', { kind: 'parameter' });
allow('torch._utils', '_rebuild_parameter_with_state', { kind: 'parameter-state' });
allow('torch._tensor', '_rebuild_from_type_v2', { kind: 'from-type' });
allow('torch.nn.parameter', 'Parameter', { kind: 'parameter-class' });
allow('torch', 'Tensor', { kind: 'tensor-class' });
allow('torch', 'Size', { kind: 'size' });
allow('torch', 'device', { kind: 'device' });
allow('torch.serialization', '_get_layout', { kind: 'layout' });

allow('collections', 'OrderedDict', { kind: 'dict' });
allow('collections', 'Counter', { kind: 'dict' });
allow('collections', 'defaultdict', { kind: 'defaultdict' });
allow('builtins', 'set', { kind: 'set' });
allow('builtins', 'bytearray', { kind: 'bytearray' });
allow('builtins', 'complex', { kind: 'complex' });
for (const name of ['dict', 'list', 'int', 'float']) allow('builtins', name, { kind: 'type' });
allow('_codecs', 'encode', { kind: 'encode' });

// Training files hold their arguments and losses so; read as the plain data that they are.
allow('argparse', 'Namespace', { kind: 'plain-object' });
for (const module of ['numpy.core.multiarray', 'numpy._core.multiarray']) {
  allow(module, 'scalar', { kind: 'numpy-scalar' });
}
allow('numpy', 'dtype', { kind: 'numpy-dtype' });

/** What a global may be used for, or null if it is not on the list. */
export function roleOf(module: string, name: string): GlobalRole | null {
  return ROLES.get(pairOf(module, name)) ?? null;
}

/** Roles that torch has no need of: they are listed among what was left inert. */
export function isPlainData(role: GlobalRole): boolean {
  return role.kind === 'plain-object' || role.kind === 'numpy-scalar' || role.kind === 'numpy-dtype';
}
