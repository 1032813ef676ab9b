import { assemble, pickleOf } from '../assembler.ts';
import type { Part } from '../assembler.ts';
import { stateDict, torchZip, WEIGHT } from '../torch-file.ts';
import type { TestView } from '../torch-file.ts';

/** What inspecting gives: a code, or what was left inert or warned of. */
type Inspected = string | { inert?: readonly string[]; warnings?: readonly string[] };
/**
 * A file that somebody made to do harm, with the codes it must give after `checkpoint/`. One code for both
 * modes, or what inspecting leaves inert.
 */
export type Case = readonly [what: string, file: () => Uint8Array, imported: string, inspected: Inspected];

const NO_STORAGES = { storages: {} };

/** A ZIP file whose pickle has these opcodes between PROTO and STOP. */
export function zipped(...parts: readonly Part[]) {
  return () => torchZip(pickleOf(...parts), NO_STORAGES);
}

/** The same with nothing added. */
export function bare(...parts: readonly Part[]) {
  return () => torchZip(assemble(...parts), NO_STORAGES);
}

/** A ZIP file with one tensor, [2, 3] of six floats unless `view` says otherwise. */
export function viewed(view: Partial<TestView>) {
  return () => torchZip(stateDict({ ...WEIGHT, ...view }));
}

/** The object of a legacy stream with that tensor. */
export function legacyOf(view: Partial<TestView>): Uint8Array {
  return stateDict({ ...WEIGHT, ...view, isLegacy: true });
}

export function both(what: string, file: () => Uint8Array, code: string): Case {
  return [what, file, code, code];
}
