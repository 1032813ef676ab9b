/** Text of figures: how wide it is, where it breaks, and numbers as a paper prints them. */

/** Widths in Inter, in em, each of the widest letter of its kind. */
const widths: readonly (readonly [RegExp, number])[] = [
  [/[ijl.,:;'|!’‘]/, 0.3],
  [/[ftrI()[\]/ -]/, 0.41],
  [/[mwMW%@—]/, 0.98],
  [/[A-Z+−±=<>~]/, 0.77],
];
const usualWidth = 0.65;

/** Pixels that a text takes at most; a figure is drawn where nothing can measure it. */
export function textWidth(text: string, size: number): number {
  let width = 0;
  for (const letter of text) width += widths.find(([kind]) => kind.test(letter))?.[1] ?? usualWidth;
  return width * size;
}

/** Lines no wider than `width`, broken at spaces; a word that is wider stands alone. */
export function wrapped(text: string, size: number, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(`${last} ${word}`, size) <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

/** So many significant digits; powers of ten where plain digits would be long. */
export function numberText(value: number, significant = 3): string {
  if (!Number.isFinite(value)) return String(value).replace('-', '−');
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-3 || magnitude >= 1e5)) {
    return value
      .toExponential(significant - 1)
      .replace('e+', 'e')
      .replaceAll('-', '−');
  }
  const decimals = magnitude === 0 ? 0 : Math.max(0, significant - 1 - Math.floor(Math.log10(magnitude)));
  return value.toFixed(decimals).replace('-', '−');
}

/** A round number of an axis as short as it goes. */
export function tickText(tick: number): string {
  const magnitude = Math.abs(tick);
  if (magnitude !== 0 && (magnitude < 1e-3 || magnitude >= 1e5)) {
    return Number(tick.toPrecision(6)).toExponential().replace('e+', 'e').replaceAll('-', '−');
  }
  return String(Number(tick.toPrecision(6))).replace('-', '−');
}

export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
