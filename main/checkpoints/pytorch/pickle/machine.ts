/**
 * Follows a pickle without recursion and without calling anything: what a global would have made is
 * either made here by code of ours (calls.ts) or left inert. Every resource is counted.
 */
import { quoted, refusal } from '../../refusal.ts';
import { CONVERT_ADVICE } from './advice.ts';
import { addItems, append, build, newObject, reduce, setItem } from './calls.ts';
import type { CallContext, PickleContext } from './context.ts';
import type { PickleCursor } from './cursor.ts';
import { findGlobal } from './find-global.ts';
import { latin1Of, utf8Of } from './literals.ts';
import { MAX_LINE, readLiteral } from './literal-opcodes.ts';
import { followedOpcode, opcodeName } from './opcodes.ts';
import type { Opcode } from './opcodes.ts';
import { python3Name } from './python-2-names.ts';
import { PickleStack } from './stack.ts';
import { PyDict, PyList, PySet, PyTuple } from './values.ts';
import type { PyValue } from './values.ts';

/** The training file of a network with 5000 parameter tensors needs 800,000. */
const MAX_OPCODES = 1_000_000;
/** Bytes that copies made by calls may take together: `OrderedDict(items)`, `encode(text)`. */
const MAX_COPIED = 2 ** 28;
const HIGHEST_PROTOCOL = 5;

/**
 * The value of the pickle at the cursor, which is left after its STOP.
 *
 * @throws WorkbenchError `checkpoint/pickle-*`, `checkpoint/storage-*`, `checkpoint/torch-*`
 */
export function unpickle(cursor: PickleCursor, context: PickleContext): PyValue {
  return new Machine(cursor, context).run();
}

class Machine {
  private readonly stack: PickleStack;
  private readonly cursor: PickleCursor;
  private readonly context: CallContext;
  private copied = 0;
  /** Protocol of the pickle; those without PROTO are of 0 or 1. */
  private version = 0;
  /** Where the current frame of protocol 4 ends; null outside frames. */
  private frameEnd: number | null = null;

  constructor(cursor: PickleCursor, context: PickleContext) {
    this.cursor = cursor;
    this.stack = new PickleStack(context.where);
    this.context = { ...context, spend: (bytes) => this.spend(bytes) };
  }

  run(): PyValue {
    const { cursor } = this;
    for (let count = 1; ; count++) {
      if (count > MAX_OPCODES) throw this.limit('opcodes', MAX_OPCODES);
      if (this.frameEnd === cursor.at) this.frameEnd = null;
      const byte = cursor.byte();
      const opcode = followedOpcode(byte, this.context.mode);
      if (opcode === null) throw this.refusedOpcode(byte);
      if (count === 1 && opcode !== 'PROTO' && this.context.mode === 'import') {
        throw this.bad('pickle-protocol', 'PROTO as the first opcode', opcode);
      }
      if (opcode === 'PROTO' && count > 1)
        throw this.bad('pickle-protocol', 'PROTO once, at the start', 'another');
      this.step(opcode);
      if (this.frameEnd !== null && cursor.at > this.frameEnd) {
        throw this.bad('pickle-frame', 'opcodes inside their frame', `${opcode} beyond its end`);
      }
      if (opcode === 'STOP') return this.result();
      this.stack.requireRoom();
    }
  }

  private step(opcode: Opcode): void {
    const { cursor, stack, context } = this;
    const { where } = context;
    switch (opcode) {
      case 'PROTO':
        return this.protocol(cursor.byte());
      case 'FRAME':
        return this.frame(cursor.unsigned(8));
      case 'STOP':
        return;
      case 'MARK':
        return stack.mark();

      case 'EMPTY_TUPLE':
        return stack.push(new PyTuple([]));
      case 'TUPLE1':
        return stack.push(new PyTuple(stack.take(1)));
      case 'TUPLE2':
        return stack.push(new PyTuple(stack.take(2)));
      case 'TUPLE3':
        return stack.push(new PyTuple(stack.take(3)));
      case 'TUPLE':
        return stack.push(new PyTuple(stack.takeToMark()));
      case 'EMPTY_LIST':
        return stack.push(new PyList());
      case 'LIST':
        return stack.push(new PyList(stack.takeToMark()));
      case 'EMPTY_SET':
        return stack.push(new PySet());
      case 'FROZENSET':
        return stack.push(new PySet(stack.takeToMark()));
      case 'EMPTY_DICT':
        return stack.push(new PyDict());
      case 'DICT': {
        const items = stack.takeToMark();
        stack.push(new PyDict());
        return this.setItems(items);
      }
      case 'APPEND':
        return append(stack.under(1), stack.take(1), context);
      case 'APPENDS': {
        const items = stack.takeToMark();
        return append(stack.under(0), items, context);
      }
      case 'ADDITEMS': {
        const items = stack.takeToMark();
        return addItems(stack.under(0), items, context);
      }
      case 'SETITEM':
        return this.setItems(stack.take(2));
      case 'SETITEMS':
        return this.setItems(stack.takeToMark());

      case 'BINPUT':
        return stack.put(cursor.byte());
      case 'LONG_BINPUT':
        return stack.put(cursor.unsigned(4));
      case 'PUT':
        return stack.put(this.lineIndex());
      case 'MEMOIZE':
        return stack.put(stack.remembered);
      case 'BINGET':
        return stack.get(cursor.byte());
      case 'LONG_BINGET':
        return stack.get(cursor.unsigned(4));
      case 'GET':
        return stack.get(this.lineIndex());

      case 'GLOBAL': {
        const module = utf8Of(cursor.line(MAX_LINE), where);
        const name = utf8Of(cursor.line(MAX_LINE), where);
        const [loadedModule, loadedName] = this.version < 3 ? python3Name(module, name) : [module, name];
        return stack.push(findGlobal(loadedModule, loadedName, context));
      }
      case 'STACK_GLOBAL': {
        const [module, name] = stack.take(2);
        if (typeof module !== 'string' || typeof name !== 'string') {
          throw this.bad('pickle-stack-global', 'two strings for STACK_GLOBAL', 'something else');
        }
        return stack.push(findGlobal(module, name, context));
      }
      case 'BINPERSID':
        return stack.push(context.persistent(stack.take(1)[0]!));
      case 'REDUCE': {
        const [callable, args] = stack.take(2);
        return stack.push(reduce(callable!, args!, context));
      }
      case 'NEWOBJ': {
        const [type, args] = stack.take(2);
        return stack.push(newObject(type!, args!, context));
      }
      case 'NEWOBJ_EX': {
        const [type, args] = stack.take(3);
        return stack.push(newObject(type!, args!, context));
      }
      case 'BUILD': {
        const [state] = stack.take(1);
        return build(stack.under(0), state!, context);
      }
      default:
        return stack.push(readLiteral(opcode, cursor));
    }
  }

  private result(): PyValue {
    if (this.frameEnd !== null && this.frameEnd !== this.cursor.at) {
      throw this.bad('pickle-frame', 'STOP at the end of its frame', 'more bytes in it');
    }
    return this.stack.last();
  }

  private protocol(version: number): void {
    this.version = version;
    if (version <= HIGHEST_PROTOCOL) return;
    throw this.bad('pickle-protocol', `a protocol of at most ${HIGHEST_PROTOCOL}`, String(version));
  }

  private frame(length: number): void {
    if (this.frameEnd !== null) throw this.bad('pickle-frame', 'a frame after the last one', 'one inside it');
    if (length > this.cursor.remaining) {
      throw this.bad('pickle-frame', `a frame of at most ${this.cursor.remaining} bytes`, String(length));
    }
    this.frameEnd = this.cursor.at + length;
  }

  private lineIndex(): number {
    const text = latin1Of(this.cursor.line(MAX_LINE));
    if (!/^\d{1,10}$/.test(text)) throw this.bad('pickle-text', 'a place in the memo', quoted(text));
    return Number(text);
  }

  private spend(bytes: number): void {
    this.copied += bytes;
    if (this.copied > MAX_COPIED) throw this.limit('bytes of copies', MAX_COPIED);
  }

  private setItems(items: readonly PyValue[]): void {
    if (items.length % 2 !== 0) throw this.bad('pickle-stack', 'keys with values', 'a key without one');
    const target = this.stack.under(0);
    for (let i = 0; i < items.length; i += 2) setItem(target, items[i]!, items[i + 1]!, this.context);
  }

  private refusedOpcode(byte: number) {
    const expected =
      this.context.mode === 'import' ? 'the opcodes of a state dict' : 'opcodes that move data';
    const at = this.cursor.at - this.cursor.start - 1;
    return this.bad('pickle-opcode', expected, `${opcodeName(byte)} at byte ${at}; ${CONVERT_ADVICE}`);
  }

  private limit(what: string, most: number) {
    return this.bad('pickle-limit', `at most ${most} ${what}`, 'more');
  }

  private bad(code: string, expected: string, found: string) {
    return refusal(code, this.context.where, expected, found);
  }
}
