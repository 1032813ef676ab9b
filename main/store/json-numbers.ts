import { z } from 'zod';

/** JSON has no NaN and no infinities; a diverged run is made of them. They are stored as words. */
export const storedNumber = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);
type StoredNumber = z.infer<typeof storedNumber>;

function storableNumber(value: number): StoredNumber {
  return Number.isFinite(value) ? value : (String(value) as StoredNumber);
}

export function numberFromStored(value: StoredNumber): number {
  return Number(value);
}

export function storableNumbers(values: Readonly<Record<string, number>>): Record<string, StoredNumber> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, storableNumber(value)]));
}
