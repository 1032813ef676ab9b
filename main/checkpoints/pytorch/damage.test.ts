/** Good files, cut short or with bits turned: a named error, or the very same content. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkbenchError } from '#contract/errors.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { bytesOf, fixture, opened } from './testing/opened.ts';

const SEED = 20250303;
const RUNS = 400;

/** Everything a reader of tensors sees, as text. */
function contentOf(checkpoint: Checkpoint): string {
  const tensors = checkpoint.tensors.map(
    ({ name, dtype, shape }) => `${name} ${dtype} ${shape.join()} ${bytesOf(checkpoint, name).join()}`,
  );
  return tensors.join('\n');
}

/** The content, or null where there was a named error; anything else that is thrown fails the test. */
function contentOrError(file: Uint8Array, mode: 'inspect' | 'import'): string | null {
  try {
    return contentOf(opened(file, mode));
  } catch (error) {
    if (error instanceof WorkbenchError && /^checkpoint\/[a-z0-9-]+$/.test(error.code)) return null;
    throw error;
  }
}

const mode = fc.constantFrom('inspect' as const, 'import' as const);

describe.each(['flavours-zip.pt', 'training.pt', 'protocol-4.pt'])('%s', (name) => {
  const good = fixture(name);
  const content = contentOf(opened(good, 'inspect'));

  it('gives an error wherever it is cut', () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), mode, (length, how) => {
        expect(contentOrError(good.subarray(0, length), how)).toBeNull();
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it('never shows another tensor, whatever bits are turned', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(7)), { minLength: 1, maxLength: 4 }),
        mode,
        (flips, how) => {
          const damaged = good.slice();
          for (const [at, bit] of flips) damaged[at]! ^= 1 << bit;
          // Names of members, padding and dates have no CRC: there, a flip may change nothing.
          expect([null, content]).toContain(contentOrError(damaged, how));
        },
      ),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it('gives an error for a turned bit in any storage', () => {
    const text = Buffer.from(good).toString('latin1');
    const places = Array.from(text.matchAll(/\/data\/\d+FB/g), ({ index, 0: found }) => {
      // The padding of the local header, with its length, comes before the content.
      const end = index + found.length;
      return end + 2 + good[end]! + 256 * good[end + 1]!;
    }).filter((place) => text.slice(place, place + 2) !== 'PK');
    expect(places.length).toBeGreaterThan(1);
    for (const place of places) {
      const damaged = good.slice();
      damaged[place]! ^= 1;
      expect(contentOrError(damaged, 'inspect')).toBeNull();
    }
  });
});

describe.each(['flavours-legacy.pt', 'training-legacy.pt'])('%s', (name) => {
  const good = fixture(name);

  it('gives an error wherever it is cut', () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), mode, (length, how) => {
        expect(contentOrError(good.subarray(0, length), how)).toBeNull();
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it('gives a named error or tensors that lie inside it, whatever bits are turned', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(7)), { minLength: 1, maxLength: 4 }),
        mode,
        (flips, how) => {
          const damaged = good.slice();
          for (const [at, bit] of flips) damaged[at]! ^= 1 << bit;
          // The legacy stream has no checksums: what a flip does to a number in it, nobody can see.
          contentOrError(damaged, how);
        },
      ),
      { seed: SEED, numRuns: RUNS },
    );
  });
});
