import { existsSync, globSync } from 'node:fs';
import path from 'node:path';

/**
 * What `npm run package` makes of the built app, for the system it runs on. It fetches Electron and the
 * packaging tools of that system from where their authors publish them.
 *
 * A .deb names who stands for it; it is made where FEWSTEP_HOMEPAGE (an address) and FEWSTEP_MAINTAINER
 * ("Name <mail>") are set.
 * Signing on macOS and Windows takes its certificate from electron-builder's own environment variables.
 */
const { FEWSTEP_HOMEPAGE: homepage, FEWSTEP_MAINTAINER: maintainer } = process.env;

const runtime = 'node_modules/onnxruntime-node/bin';

/** @type {import('electron-builder').Configuration} */
export default {
  appId: 'fewstep.desktop',
  productName: 'Fewstep',
  directories: { output: 'out/packages', buildResources: 'resources' },
  files: [
    'out/main/**',
    'out/preload/**',
    'out/renderer/**',
    'resources/icons/icon.png',
    'resources/demos/**',
    'resources/data/**',
    'package.json',
    // Bundled already, as they are needed.
    '!node_modules/@tensorflow/!(tfjs-node-gpu)/**',
    // Of this the kernels, and the sources of the addon that an engine is compiled from.
    '!node_modules/@tensorflow/tfjs-node-gpu/{scripts,src,node_modules}/**',
    '!node_modules/zod/src/**',
    // Figures are drawn with one face of one font.
    '!node_modules/@fontsource-variable/inter/!(package.json|LICENSE|files)',
    '!node_modules/@fontsource-variable/inter/files/!(inter-latin-wght-normal.woff2)',
    // The runtime carries its libraries for every system; a package takes its own.
    `!${runtime}/*/!(${process.platform})/**`,
    `!${runtime}/*/*/!(\${arch})/**`,
  ],
  extraMetadata: homepage === undefined ? {} : { homepage },
  asar: true,
  // The system's loader reads libraries, and knows nothing of archives.
  asarUnpack: ['**/*.node', '**/*.dll', '**/*.dylib', '**/*.so', '**/*.so.*', 'resources/demos/**'],
  // The runtime's library is Node-API: the same file serves Node and Electron.
  npmRebuild: false,
  // Nothing updates itself.
  publish: null,
  electronFuses: {
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
    loadBrowserProcessSpecificV8Snapshot: false,
    // There are no cookies; a key for them would only make the system ask for a password.
    enableCookieEncryption: false,
  },
  linux: {
    target: ['AppImage', ...(homepage === undefined || maintainer === undefined ? [] : ['deb'])],
    category: 'Science',
    icon: 'resources/icons/icon.png',
    synopsis: 'Train and look into one- and few-step generative models',
    ...(maintainer === undefined ? {} : { maintainer }),
  },
  mac: {
    // The runtime has no library for Intel Macs.
    target: [
      { target: 'dmg', arch: ['arm64'] },
      { target: 'zip', arch: ['arm64'] },
    ],
    category: 'public.app-category.developer-tools',
    icon: 'resources/icons/icon.icns',
    hardenedRuntime: true,
    entitlements: 'resources/packaging/entitlements.mac.plist',
    entitlementsInherit: 'resources/packaging/entitlements.mac.plist',
    fileAssociations: [
      { ext: ['csv', 'npy'], name: 'Points', role: 'Viewer', rank: 'Alternate' },
      { ext: ['safetensors', 'pt', 'pth', 'ckpt'], name: 'Checkpoint', role: 'Viewer', rank: 'Alternate' },
    ],
  },
  win: {
    target: [{ target: 'nsis', arch: ['x64', 'arm64'] }],
    icon: 'resources/icons/icon.ico',
  },
  nsis: { oneClick: false, allowToChangeInstallationDirectory: true },
  afterPack: requireRuntime,
};

/**
 * A package without its runtime would start and then fail to train: another system's was asked for here.
 *
 * @param {import('electron-builder').AfterPackContext} context
 */
async function requireRuntime({ appOutDir, arch, packager }) {
  const { Arch } = await import('electron-builder');
  const platform = packager.platform.nodeName;
  const resources = packager.getResourcesDir(appOutDir);
  const folder = path.join(resources, 'app.asar.unpacked', runtime);
  const bindings = existsSync(folder) ? globSync(`*/${platform}/${Arch[arch]}/*.node`, { cwd: folder }) : [];
  if (bindings.length === 0) throw new Error(`The package has no runtime for ${platform} ${Arch[arch]}`);
}
