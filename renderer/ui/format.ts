/** Thin groups read well beside units and are no decimal mark in any language. */
const narrowNoBreakSpace = '\u202f';
const minus = '\u2212';

/** A whole number with its thousands set apart: `12 400`. */
export function formatCount(count: number): string {
  const digits = Math.abs(Math.round(count))
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, narrowNoBreakSpace);
  return count < 0 ? minus + digits : digits;
}

/**
 * A measured number to a sensible precision: plain between 0.001 and 100 000, else in powers of ten.
 *
 * @param significant  digits that are kept
 */
export function formatNumber(value: number, significant = 3): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : `${minus}∞`;
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  const sign = value < 0 ? minus : '';
  if (magnitude >= 1e5 || magnitude < 1e-3) {
    const [mantissa = '', exponent = ''] = magnitude.toExponential(significant - 1).split('e');
    return `${sign}${mantissa}e${exponent.replace('+', '').replace('-', minus)}`;
  }
  const decimals = Math.max(0, significant - 1 - Math.floor(Math.log10(magnitude)));
  return sign + magnitude.toFixed(decimals);
}

/** A number that is round already, as short as it goes: a tick, a bound, a default. */
export function formatRound(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e12) return formatCount(value);
  const exact = String(Number(value.toPrecision(4)));
  return exact.length <= 7 ? exact.replace('-', minus) : formatNumber(value, 2);
}

const byteUnits = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** A size in powers of a thousand: `2.7 GB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? formatCount(value) : formatNumber(value, 3)} ${byteUnits[power]}`;
}

/** Seconds as a clock: `00:41`, `1:02:03`. */
export function formatDuration(secs: number): string {
  const whole = Math.max(0, Math.round(secs));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = `${pad(minutes)}:${pad(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

function pad(value: number): string {
  return value.toString().padStart(2, '0');
}

/** `energyDistance` as a heading: `Energy distance`. */
export function titleFromName(name: string): string {
  const words = name
    .replace(/[_./-]+/g, ' ')
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
