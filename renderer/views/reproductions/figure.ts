import { figureColours } from '#contract/reproductions.ts';
import type { Paint } from '../../theme/paint.ts';

/** The tokens that stand for the colours of a figure on screen. */
const tokens: readonly (readonly [string, string])[] = [
  [figureColours.paper, '--surface-stage'],
  [figureColours.ink, '--ink'],
  [figureColours.soft, '--ink-2'],
  [figureColours.grid, '--hairline'],
  [figureColours.data[0], '--run-blue'],
  [figureColours.data[1], '--run-vermillion'],
  [figureColours.data[2], '--data-data'],
  [figureColours.data[3], '--run-purple'],
  [figureColours.data[4], '--run-orange'],
  [figureColours.data[5], '--run-sky'],
];

/** A figure's plot without the claim above and the rule below, which the page says itself. */
export function plotOf(svg: string): string {
  const [, top, bottom] = /^[^>]* data-plot="([\d.]+) ([\d.]+)"/.exec(svg) ?? [];
  if (top === undefined || bottom === undefined) return svg;
  const height = Number(bottom) - Number(top);
  return svg
    .replace(/ height="[\d.]+"/, ` height="${height}"`)
    .replace(/ viewBox="0 0 ([\d.]+) [\d.]+"/, ` viewBox="0 ${top} $1 ${height}"`);
}

/** The `<svg>` element of a figure's document, which is what a browser draws. */
export function figureElement(svg: string): string {
  return svg.slice(Math.max(0, svg.indexOf('<svg'))).trimEnd();
}

/** A figure in the colours of a theme instead of those for paper. */
export function figureIn(svg: string, paint: Pick<Paint, 'css'>): string {
  const byColour = new Map(tokens.map(([colour, token]) => [colour, paint.css(token)]));
  return svg.replace(/(fill|stroke)="(#[0-9a-f]{6})"/g, (whole, name: string, colour: string) => {
    const shown = byColour.get(colour);
    return shown === undefined ? whole : `${name}="${shown}"`;
  });
}
