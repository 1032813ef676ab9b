import type { ExportArray, Exportable } from '../state/panes.svelte.ts';
import { aboutText, svgWithMetadata } from './about.ts';
import type { About } from './about.ts';
import { csvParts } from './csv.ts';
import { svgWithFooter } from './footer.ts';
import { npyFromArray } from './npy.ts';
import { pngWithText } from './png-text.ts';
import { pngWithFooter } from './raster.ts';
import { zipParts } from './zip.ts';

export const exportFormats = ['png', 'svg', 'csv', 'npz'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** The file that a view gives, with what made it inside. */
export async function exportedFile(
  exportable: Exportable,
  format: ExportFormat,
  about: About,
): Promise<Blob> {
  const text = aboutText(about);
  switch (format) {
    case 'png': {
      const picture = await exportable.png();
      const whole = about.devices === null ? picture : await pngWithFooter(picture, about.devices);
      const bytes = new Uint8Array(await whole.arrayBuffer());
      return new Blob([pngWithText(bytes, 'fewstep', text)], { type: 'image/png' });
    }
    case 'svg': {
      const picture = exportable.svg();
      const whole = about.devices === null ? picture : svgWithFooter(picture, about.devices);
      return new Blob([svgWithMetadata(whole, text)], { type: 'image/svg+xml' });
    }
    case 'csv':
      return new Blob(csvParts(exportable.arrays(), text), { type: 'text/csv' });
    case 'npz':
      return new Blob(npzParts(exportable.arrays(), text), { type: 'application/zip' });
  }
}

/**
 * An NPZ file, as parts for a Blob: every array as `name.npy`, and `fewstep.json`, which NumPy gives
 * out as bytes.
 *
 * @param about  JSON
 */
export function npzParts(arrays: readonly ExportArray[], about: string): Uint8Array<ArrayBuffer>[] {
  const names = uniqueNames(arrays.map(({ name }) => name));
  return zipParts([
    ...arrays.map((array, index) => ({ name: `${names[index]}.npy`, bytes: npyFromArray(array) })),
    { name: 'fewstep.json', bytes: new TextEncoder().encode(about) },
  ]);
}

/** Names in plain letters for members of the file, each different from the others. */
function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain = name.normalize('NFKD').replace(/[^A-Za-z0-9_.-]+/g, '_') || 'array';
    let unique = plain;
    for (let count = 2; taken.has(unique); count += 1) unique = `${plain}_${count}`;
    taken.add(unique);
    return unique;
  });
}
