/** The opcodes of Python's pickle, protocols 0 to 5, and which of them each mode follows. */
import type { OpenMode } from '../../checkpoint.ts';

export const OPCODES = {
  MARK: 0x28,
  EMPTY_TUPLE: 0x29,
  STOP: 0x2e,
  POP: 0x30,
  POP_MARK: 0x31,
  DUP: 0x32,
  BINBYTES: 0x42,
  SHORT_BINBYTES: 0x43,
  FLOAT: 0x46,
  BINFLOAT: 0x47,
  INT: 0x49,
  BININT: 0x4a,
  BININT1: 0x4b,
  LONG: 0x4c,
  BININT2: 0x4d,
  NONE: 0x4e,
  PERSID: 0x50,
  BINPERSID: 0x51,
  REDUCE: 0x52,
  STRING: 0x53,
  BINSTRING: 0x54,
  SHORT_BINSTRING: 0x55,
  UNICODE: 0x56,
  BINUNICODE: 0x58,
  EMPTY_LIST: 0x5d,
  APPEND: 0x61,
  BUILD: 0x62,
  GLOBAL: 0x63,
  DICT: 0x64,
  APPENDS: 0x65,
  GET: 0x67,
  BINGET: 0x68,
  INST: 0x69,
  LONG_BINGET: 0x6a,
  LIST: 0x6c,
  OBJ: 0x6f,
  PUT: 0x70,
  BINPUT: 0x71,
  LONG_BINPUT: 0x72,
  SETITEM: 0x73,
  TUPLE: 0x74,
  SETITEMS: 0x75,
  EMPTY_DICT: 0x7d,
  PROTO: 0x80,
  NEWOBJ: 0x81,
  EXT1: 0x82,
  EXT2: 0x83,
  EXT4: 0x84,
  TUPLE1: 0x85,
  TUPLE2: 0x86,
  TUPLE3: 0x87,
  NEWTRUE: 0x88,
  NEWFALSE: 0x89,
  LONG1: 0x8a,
  LONG4: 0x8b,
  SHORT_BINUNICODE: 0x8c,
  BINUNICODE8: 0x8d,
  BINBYTES8: 0x8e,
  EMPTY_SET: 0x8f,
  ADDITEMS: 0x90,
  FROZENSET: 0x91,
  NEWOBJ_EX: 0x92,
  STACK_GLOBAL: 0x93,
  MEMOIZE: 0x94,
  FRAME: 0x95,
  BYTEARRAY8: 0x96,
  NEXT_BUFFER: 0x97,
  READONLY_BUFFER: 0x98,
} as const;

export type Opcode = keyof typeof OPCODES;

/** What torch.load itself follows with weights_only: the only opcodes of a file that is imported. */
const IMPORTED: readonly Opcode[] = [
  ...(['PROTO', 'STOP', 'MARK', 'GLOBAL', 'REDUCE', 'NEWOBJ', 'BUILD', 'BINPERSID'] as const),
  ...(['APPEND', 'APPENDS', 'SETITEM', 'SETITEMS', 'TUPLE', 'TUPLE1', 'TUPLE2', 'TUPLE3'] as const),
  ...(['NONE', 'NEWTRUE', 'NEWFALSE', 'EMPTY_TUPLE', 'EMPTY_LIST', 'EMPTY_DICT', 'EMPTY_SET'] as const),
  ...(['BININT', 'BININT1', 'BININT2', 'LONG1', 'BINFLOAT', 'BINUNICODE', 'SHORT_BINSTRING'] as const),
  ...(['BINGET', 'LONG_BINGET', 'BINPUT', 'LONG_BINPUT'] as const),
];

/**
 * Other protocols' ways of saying the same, read so that such files can be looked at. What moves values
 * about unseen (DUP, POP, POP_MARK), calls without REDUCE (INST, OBJ) or reaches outside the stream
 * (EXT, PERSID, buffers) is refused here too.
 */
const INSPECTED: readonly Opcode[] = [
  ...(['FRAME', 'MEMOIZE', 'STACK_GLOBAL', 'NEWOBJ_EX', 'GET', 'PUT', 'LIST', 'DICT'] as const),
  ...(['INT', 'LONG', 'LONG4', 'FLOAT', 'STRING', 'BINSTRING', 'UNICODE'] as const),
  ...(['SHORT_BINUNICODE', 'BINUNICODE8', 'SHORT_BINBYTES', 'BINBYTES', 'BINBYTES8', 'BYTEARRAY8'] as const),
  ...(['ADDITEMS', 'FROZENSET'] as const),
];

const NAMES = new Map<number, Opcode>(Object.entries(OPCODES).map(([name, byte]) => [byte, name as Opcode]));
const FOLLOWED: Record<OpenMode, ReadonlySet<Opcode>> = {
  import: new Set(IMPORTED),
  inspect: new Set([...IMPORTED, ...INSPECTED]),
};

/** The opcode of a byte if the mode follows it. */
export function followedOpcode(byte: number, mode: OpenMode): Opcode | null {
  const name = NAMES.get(byte);
  return name !== undefined && FOLLOWED[mode].has(name) ? name : null;
}

/** For messages: `POP`, or `0xff` for a byte that is no opcode. */
export function opcodeName(byte: number): string {
  return NAMES.get(byte) ?? `0x${byte.toString(16).padStart(2, '0')}`;
}
