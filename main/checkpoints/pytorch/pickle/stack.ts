import { refusal } from '../../refusal.ts';
import type { PyValue } from './values.ts';

const MAX_STACK = 10_000;
const MAX_MEMO = 100_000;
/** More uses of each remembered value than this, over {@link FREE_GETS}, is a bomb. */
const MAX_GETS_PER_PUT = 50;
const FREE_GETS = 10_000;

/** A pickle's stack with its marks, and its memo. Every refusal is `pickle-stack`, `-memo` or `-limit`. */
export class PickleStack {
  private readonly values: PyValue[] = [];
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, PyValue>();
  private readonly where: string;
  private gets = 0;
  private puts = 0;

  constructor(where: string) {
    this.where = where;
  }

  push(value: PyValue): void {
    this.values.push(value);
  }

  mark(): void {
    this.marks.push(this.values.length);
  }

  /** The uppermost `count` values, which no mark may lie between. */
  take(count: number): PyValue[] {
    this.require(count);
    return this.values.splice(this.values.length - count, count);
  }

  takeToMark(): PyValue[] {
    const mark = this.marks.pop();
    if (mark === undefined) throw this.bad('pickle-stack', 'a mark on the stack', 'none');
    return this.values.splice(mark);
  }

  /** The value under the uppermost `count`. */
  under(count: number): PyValue {
    this.require(count + 1);
    return this.values[this.values.length - 1 - count]!;
  }

  /** What is left at the end. */
  last(): PyValue {
    if (this.values.length !== 1 || this.marks.length > 0) {
      const found = `${this.values.length} values and ${this.marks.length} marks`;
      throw this.bad('pickle-stack', 'one value on the stack at STOP', found);
    }
    return this.values[0]!;
  }

  requireRoom(): void {
    if (Math.max(this.values.length, this.marks.length) > MAX_STACK)
      throw this.limit('values on the stack', MAX_STACK);
  }

  get remembered(): number {
    return this.memo.size;
  }

  put(index: number): void {
    this.puts++;
    this.memo.set(index, this.under(0));
    if (this.memo.size > MAX_MEMO) throw this.limit('remembered values', MAX_MEMO);
  }

  get(index: number): void {
    this.gets++;
    const value = this.memo.get(index);
    if (value === undefined) throw this.bad('pickle-memo', 'a remembered value', `none under ${index}`);
    if (this.gets > FREE_GETS && this.gets > MAX_GETS_PER_PUT * this.puts) {
      throw this.limit('uses of each remembered value', MAX_GETS_PER_PUT);
    }
    this.push(value);
  }

  private require(count: number): void {
    const found = this.values.length - (this.marks.at(-1) ?? 0);
    if (found < count) throw this.bad('pickle-stack', `${count} values on the stack`, String(found));
  }

  private limit(what: string, most: number) {
    return this.bad('pickle-limit', `at most ${most} ${what}`, 'more');
  }

  private bad(code: string, expected: string, found: string) {
    return refusal(code, this.where, expected, found);
  }
}
