/** Whether Linux could find the Vulkan loader, found out without trying: Dawn prints where it cannot. */
import type { Surroundings } from './surroundings.ts';

const LOADER = 'libvulkan.so.1';
const CACHE = '/etc/ld.so.cache';

/**
 * False only where the dynamic linker would surely not find it: its cache, which names every library of the
 * system, lacks the loader, and so do the folders that come before it.
 *
 * @param beside  folder of the running program, whose own libraries may lie there
 */
export function mayHaveVulkan({ platform, env, read, list }: Surroundings, beside: string): boolean {
  if (platform !== 'linux') return true;
  const cache = read(CACHE);
  // Systems without a cache keep libraries where only they know.
  if (cache === null || cache.includes(LOADER)) return true;
  const folders = [beside, '/lib', '/usr/lib', ...(env['LD_LIBRARY_PATH'] ?? '').split(':')];
  return folders.some((folder) => folder !== '' && list(folder).includes(LOADER));
}
