import { refusal } from '../../refusal.ts';
import type { PickleCursor } from './cursor.ts';
import { decimalOf, floatOf, latin1Of, longOf, quotedLiteralOf, rawUnicodeOf, utf8Of } from './literals.ts';
import type { Opcode } from './opcodes.ts';
import { PyBytes } from './values.ts';
import type { PyValue } from './values.ts';

/** Bytes of a line of the text forms. */
export const MAX_LINE = 2 ** 16;
/** An integer of this many bytes has 600 digits; a checkpoint has no longer ones. */
const MAX_LONG_BYTES = 255;

/**
 * The value of an opcode that holds it.
 *
 * @throws WorkbenchError `checkpoint/pickle-truncated`, `pickle-text`, `pickle-limit`
 */
export function readLiteral(opcode: Opcode, cursor: PickleCursor): PyValue {
  const { where } = cursor;
  switch (opcode) {
    case 'NONE':
      return null;
    case 'NEWTRUE':
      return true;
    case 'NEWFALSE':
      return false;
    case 'BININT':
      return longOf(cursor.bytes(4));
    case 'BININT1':
      return BigInt(cursor.byte());
    case 'BININT2':
      return BigInt(cursor.unsigned(2));
    case 'LONG1':
      return longOf(cursor.bytes(cursor.byte()));
    case 'LONG4': {
      const length = cursor.unsigned(4);
      if (length <= MAX_LONG_BYTES) return longOf(cursor.bytes(length));
      throw refusal('pickle-limit', where, `an integer of at most ${MAX_LONG_BYTES} bytes`, `${length}`);
    }
    case 'INT':
      return decimalOf(latin1Of(cursor.line(MAX_LINE)), where, true);
    case 'LONG':
      return decimalOf(latin1Of(cursor.line(MAX_LINE)), where, false);
    case 'BINFLOAT': {
      const bytes = cursor.bytes(8);
      return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, false);
    }
    case 'FLOAT':
      return floatOf(latin1Of(cursor.line(MAX_LINE)), where);

    case 'SHORT_BINSTRING':
    case 'SHORT_BINUNICODE':
      return utf8Of(cursor.bytes(cursor.byte()), where);
    case 'BINSTRING':
    case 'BINUNICODE':
      return utf8Of(cursor.bytes(cursor.unsigned(4)), where);
    case 'BINUNICODE8':
      return utf8Of(cursor.bytes(cursor.unsigned(8)), where);
    case 'STRING':
      return quotedLiteralOf(latin1Of(cursor.line(MAX_LINE)), where);
    case 'UNICODE':
      return rawUnicodeOf(cursor.line(MAX_LINE), where);
    case 'SHORT_BINBYTES':
      return new PyBytes(cursor.bytes(cursor.byte()).slice());
    case 'BINBYTES':
      return new PyBytes(cursor.bytes(cursor.unsigned(4)).slice());
    case 'BINBYTES8':
    case 'BYTEARRAY8':
      return new PyBytes(cursor.bytes(cursor.unsigned(8)).slice());
    default:
      throw refusal('pickle-opcode', where, 'opcodes that are followed', opcode);
  }
}
