import { trainedOnText } from '#contract/runs.ts';
import type { RunSummary } from '#contract/runs.ts';
import { xmlElement, xmlText } from './xml.ts';

/** What stands below every figure: on what its numbers were made. All lengths in CSS pixels. */
export const footerStyle = {
  fontPx: 10,
  linePx: 14,
  marginPx: 12,
  ink: '#555555',
  paper: '#ffffff',
} as const;
/** Width of a letter, rather too much than too little: the font may be another one. */
const letterPx = 5.6;

/** On what the runs of a figure were trained; null where nobody knows. */
export function devicesText(runs: readonly Pick<RunSummary, 'name' | 'trainedOn'>[]): string | null {
  const known = runs.filter(({ trainedOn }) => trainedOn.length > 0);
  const devices = new Set(known.map(({ trainedOn }) => trainedOnText(trainedOn)));
  if (devices.size === 0) return null;
  if (devices.size === 1 && known.length === runs.length) return `Trained on ${[...devices].join()}`;
  const each = known.map(({ name, trainedOn }) => `${name} on ${trainedOnText(trainedOn)}`);
  return `Trained: ${each.join('; ')}`;
}

/** Lines of at most that width, broken at spaces. */
export function footerLines(text: string, widthPx: number): string[] {
  const most = Math.max(10, Math.floor((widthPx - 2 * footerStyle.marginPx) / letterPx));
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Height of the lines with room around them. */
export function footerHeight(lines: readonly string[]): number {
  return lines.length * footerStyle.linePx + footerStyle.marginPx;
}

/**
 * An SVG figure with a line below it.
 *
 * @param svg  one whole `<svg>` element; one without a size in pixels stays as it is
 */
export function svgWithFooter(svg: string, text: string): string {
  const tag = /^\s*<svg(?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*>/.exec(svg)?.[0] ?? '';
  const [width, height] = [lengthIn(tag, 'width'), lengthIn(tag, 'height')];
  const box = / viewBox="([^"]*)"/.exec(tag)?.[1]?.trim().split(/\s+/).map(Number);
  const isPlain =
    box === undefined || (box[0] === 0 && box[1] === 0 && box[2] === width && box[3] === height);
  if (width === null || height === null || !isPlain || !svg.trimEnd().endsWith('</svg>')) return svg;
  const lines = footerLines(text, width);
  const taller = height + footerHeight(lines);
  const opening = tag
    .replace(/ height="[^"]*"/, ` height="${taller}"`)
    .replace(/ viewBox="[^"]*"/, ` viewBox="0 0 ${width} ${taller}"`);
  const { fontPx, linePx, marginPx, ink, paper } = footerStyle;
  const style = { x: marginPx, 'font-size': fontPx, fill: ink };
  const footer = xmlElement(
    'g',
    { 'data-part': 'footer' },
    xmlElement('rect', { x: 0, y: height, width, height: taller - height, fill: paper }),
    ...lines.map((line, i) =>
      xmlElement('text', { ...style, y: height + (i + 1) * linePx - 3 }, xmlText(line)),
    ),
  );
  return `${opening}${svg.trimEnd().slice(tag.length, -'</svg>'.length)}${footer}</svg>`;
}

function lengthIn(tag: string, name: string): number | null {
  const found = new RegExp(` ${name}="([\\d.]+)(?:px)?"`).exec(tag)?.[1];
  return found === undefined ? null : Number(found);
}
