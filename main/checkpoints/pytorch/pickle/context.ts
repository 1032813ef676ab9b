import type { OpenMode } from '../../checkpoint.ts';
import type { PyValue } from './values.ts';

export interface PickleContext {
  readonly mode: OpenMode;
  /** For messages: the file, and the pickle in it. */
  readonly where: string;
  /** The value of a persistent id. */
  persistent(id: PyValue): PyValue;
  /** A global that stays inert, by full name. */
  leftInert(name: string): void;
  /** Something is left out that a person should know of. */
  warn(code: string, message: string): void;
}

/** What calls need of the machine. */
export interface CallContext extends PickleContext {
  /** @throws WorkbenchError `checkpoint/pickle-limit` if calls copy too much */
  spend(bytes: number): void;
}
