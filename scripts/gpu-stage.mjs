import { existsSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { findChromium, obtainChromium } from './browser.mjs';
import { runVitest } from './vitest-run.mjs';

/** Where distributions keep Chromium, whose software Vulkan device (SwiftShader) lies beside it. */
const CHROMIUM_FOLDERS = [
  '/usr/lib/chromium',
  '/usr/lib64/chromium',
  '/usr/lib64/chromium-browser',
  '/usr/lib/chromium-browser',
  '/opt/google/chrome',
];
const SOFTWARE_ICD = 'vk_swiftshader_icd.json';
const LOADER = 'libvulkan.so.1';
const LOADER_FOLDERS = ['/usr/lib', '/usr/lib64', '/usr/local/lib', ...foldersIn('/usr/lib')];
const ICD_FOLDERS = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];

/**
 * @typedef {object} VulkanDevice
 * @property {string} name
 * @property {Record<string, string>} env what the tests need to find it
 */

/**
 * The tests of the WebGPU executor, on a graphics device of this machine or on one that the processor plays.
 *
 * @returns {Promise<import('./stages.mjs').Outcome>}
 */
export async function gpuStage() {
  const found = await obtainDevice();
  if (typeof found === 'string') {
    return {
      passed: 0,
      failed: 0,
      skipped: [{ name: 'gpu', reason: found }],
      output: '',
      note: 'no Vulkan device, nothing was tested',
    };
  }
  return { ...(await runVitest(['gpu'], found.env)), note: `on ${found.name}` };
}

/** @returns {Promise<VulkanDevice | string>} or why there is none */
async function obtainDevice() {
  const named = process.env['FEWSTEP_VULKAN'];
  if (named !== undefined && named !== '') {
    if (named === 'none') return 'FEWSTEP_VULKAN=none';
    // Somebody wants this one: a wrong name should not pass for a machine without a device.
    if (!existsSync(named)) throw new Error(`FEWSTEP_VULKAN names no file: ${named}`);
    return deviceOf(named, named);
  }
  const own = ownDevice() ?? softwareDevice();
  if (own !== undefined) return own;
  if (process.platform !== 'linux') return 'no graphics device was found';
  try {
    await obtainChromium();
  } catch {
    // The end-to-end stage says what to install.
  }
  return (
    softwareDevice() ??
    `no Vulkan driver was found; Chromium of the distribution brings one (${SOFTWARE_ICD}), and FEWSTEP_VULKAN may name another's file`
  );
}

/** @returns {VulkanDevice | undefined} */
function ownDevice() {
  if (process.platform === 'darwin') return { name: 'Metal', env: {} };
  if (process.platform === 'win32') return { name: 'Direct3D 12', env: {} };
  const nodes = [...namesIn('/dev/dri'), ...namesIn('/dev')];
  const hasCard = nodes.some((name) => /^(renderD\d+|nvidia\d+)$/.test(name));
  const drivers = ICD_FOLDERS.flatMap(namesIn).filter((name) => !/lvp|swiftshader/.test(name));
  const hasLoader = LOADER_FOLDERS.some((folder) => existsSync(path.join(folder, LOADER)));
  if (!hasCard || drivers.length === 0 || !hasLoader) return undefined;
  return { name: 'the graphics card', env: {} };
}

/** @returns {VulkanDevice | undefined} */
function softwareDevice() {
  const chromium = findChromium();
  const beside = chromium === undefined ? [] : [path.dirname(realpathSync(chromium))];
  const folder = [...CHROMIUM_FOLDERS, ...beside].find((each) => existsSync(path.join(each, SOFTWARE_ICD)));
  return folder === undefined ? undefined : deviceOf(path.join(folder, SOFTWARE_ICD), 'SwiftShader');
}

/**
 * @param {string} icd
 * @param {string} name
 * @returns {VulkanDevice}
 */
function deviceOf(icd, name) {
  const env = { VK_ICD_FILENAMES: icd, VK_DRIVER_FILES: icd };
  const folder = path.dirname(icd);
  if (!existsSync(path.join(folder, LOADER))) return { name, env };
  const others = process.env['LD_LIBRARY_PATH'];
  const folders = others === undefined || others === '' ? folder : `${folder}:${others}`;
  return { name, env: { ...env, LD_LIBRARY_PATH: folders } };
}

/** @param {string} folder */
function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * Folders such as /usr/lib/x86_64-linux-gnu.
 *
 * @param {string} folder
 */
function foldersIn(folder) {
  return namesIn(folder)
    .filter((name) => name.endsWith('-linux-gnu'))
    .map((name) => path.join(folder, name));
}
