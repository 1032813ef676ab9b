import type { Exportable } from '../state/panes.svelte.ts';
import { xmlElement, xmlText } from './xml.ts';

/** What made an export; every file carries it, so that a figure can be made again. */
export interface About {
  program: 'Fewstep';
  /** Version of the program, null if the engine has not said. */
  version: string | null;
  run: string;
  step: number | null;
  /** On what the runs were trained, null where nobody knows; it stands below the picture too. */
  devices: string | null;
  config: Exportable['about']['config'];
}

export function aboutText(about: About): string {
  return JSON.stringify(about);
}

/**
 * An SVG file whose first element is a `<metadata>` with a text.
 *
 * @param svg  one whole `<svg>` element
 * @throws Error if it is not
 */
export function svgWithMetadata(svg: string, text: string): string {
  // An attribute may hold a `>`.
  const opening = /^\s*<svg(?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*>/.exec(svg);
  if (opening === null) throw new Error('Expected an <svg> element, found something else');
  const [tag] = opening;
  const metadata = xmlElement('metadata', { id: 'fewstep' }, xmlText(text));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${tag.trimStart()}${metadata}${svg.slice(tag.length)}\n`;
}

/** A file name that every system takes: letters, digits, dots and dashes. */
export function safeFileName(stem: string, extension: string): string {
  const safe = stem
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 100);
  return `${safe === '' ? 'fewstep' : safe}.${extension}`;
}
