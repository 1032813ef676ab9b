/** Flags of what samples are asked for, and how policies are sampled. */
import { type FlagTypes, type FlagValues, numberFrom, text } from './flags.ts';

const FIELDS: Readonly<Record<string, string>> = {
  label: 'label',
  guidance: 'guidance',
  'guidance-low': 'guidanceLow',
  'guidance-high': 'guidanceHigh',
  'guidance-channels': 'guidanceChannels',
  temperature: 'temperature',
  stochasticity: 'stochasticity',
};

export const ASKED_FLAGS: FlagTypes = Object.fromEntries(Object.keys(FIELDS).map((flag) => [flag, 'string']));

/** Those that were given, by the names that the engine has for them. @throws WorkbenchError `cli/bad-flag` */
export function askedFrom(given: FlagValues): Record<string, number> {
  const flags = Object.keys(FIELDS).filter((flag) => given[flag] !== undefined);
  return Object.fromEntries(flags.map((flag) => [FIELDS[flag]!, numberFrom(flag, text(given, flag)!)]));
}
