export type { CheckpointTensor } from './dtypes.ts';
export { openSafetensors } from './open.ts';
export { readSafetensors } from './read.ts';
export { writeSafetensors } from './write.ts';
