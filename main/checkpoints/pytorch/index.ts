export { openPytorchLegacy } from './legacy.ts';
export { openPytorchZip } from './zip.ts';
