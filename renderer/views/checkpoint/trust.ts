import type { CheckpointListing } from '#contract/checkpoints.ts';
import type { WireError } from '#contract/errors.ts';

/**
 * Whether a file can be trusted:
 * - `safe`: its format holds no code
 * - `checked`: its format can hold code; this one was read without running anything
 * - `inert`: it names what is not weights; that was left alone, and it is not imported
 * - `refused`: it breaks the rules of its format, or a strict import would not take it
 */
export type TrustLevel = 'safe' | 'checked' | 'inert' | 'refused';

interface Trust {
  readonly level: TrustLevel;
  readonly words: string;
}

/** What a person can do about a file that is not taken. */
export const conversionAdvice =
  'Ask its author for a safetensors file, which holds no code, or convert it on a throwaway machine';

/** What to say of a file that was read. */
export function trustOf(listing: CheckpointListing): Trust {
  const { format, importable, inert, refusal } = listing;
  if (!importable && inert.length > 0) {
    const things = inert.length === 1 ? 'something that is' : `${inert.length} things that are`;
    return { level: 'inert', words: `Names ${things} not weights: left inert, nothing was run` };
  }
  if (!importable) {
    return {
      level: 'refused',
      words: refusal === null ? 'Not imported' : `Not imported: ${refusal.message}`,
    };
  }
  // What a strict import knows to be plain data, such as the arguments of a training script.
  const rest =
    inert.length === 0 ? '' : `, ${inert.length === 1 ? 'one name' : `${inert.length} names`} left inert`;
  switch (format) {
    case 'pytorch-zip':
    case 'pytorch-legacy':
      return { level: 'checked', words: `Read by an allow-list: nothing in it was run${rest}` };
    case 'fewstep-run':
      return { level: 'safe', words: 'Written by Fewstep: weights and settings, no code' };
    default:
      return { level: 'safe', words: 'Holds no code: a header and numbers' };
  }
}

/** What to do about a file that was refused. */
export function adviceFor({ code }: WireError): string | null {
  if (!code.startsWith('checkpoint/')) return null;
  if (/no-file|unknown-grant|path-not-allowed|changed|cancelled/.test(code)) return 'Open the file again';
  if (/truncated|incomplete|crc/.test(code)) {
    return 'It may be damaged or half downloaded: fetch it again and compare its size';
  }
  if (/pickle|torch|global|opcode|reader/.test(code)) return conversionAdvice;
  return 'It does not keep the rules of its format: fetch it again, or ask its author for one that does';
}

/** Why an opened file cannot be imported now; null if it can. */
export function importRefusal(listing: CheckpointListing): string | null {
  const { importable, inert, recognised, refusal } = listing;
  if (!importable) {
    if (refusal !== null) return refusal.message;
    return inert.length > 0
      ? `it names ${inert[0]}, which is not weights`
      : 'a strict import does not take it';
  }
  if (recognised === null) return 'its layout is not known';
  if (recognised.use === null) return recognised.why ?? 'it cannot be used as it is';
  return null;
}
