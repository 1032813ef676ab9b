import { readFileSync, rmSync } from 'node:fs';
import { z } from 'zod';
import { writeFileAtomic } from '../../store/atomic-file.ts';

/** Left behind when the graphics driver kept failing; it holds for the version that wrote it. */
const marker = z.object({ softwareRenderingFor: z.string() });

/**
 * Whether to draw in software, because the graphics driver failed this version before. A marker of
 * another version is removed: an update may mend what failed.
 */
export function needsSoftwareRendering(markerFile: string, version: string): boolean {
  let text: string;
  try {
    text = readFileSync(markerFile, 'utf8');
  } catch {
    return false;
  }
  if (versionIn(text) === version) return true;
  rmSync(markerFile, { force: true });
  return false;
}

/** @throws WorkbenchError if it cannot be written */
export function markSoftwareRendering(markerFile: string, version: string): void {
  writeFileAtomic(markerFile, `${JSON.stringify({ softwareRenderingFor: version })}\n`);
}

function versionIn(text: string): string | null {
  try {
    return marker.parse(JSON.parse(text)).softwareRenderingFor;
  } catch {
    return null;
  }
}
