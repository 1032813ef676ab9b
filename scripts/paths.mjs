import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository, wherever the command was called from. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
