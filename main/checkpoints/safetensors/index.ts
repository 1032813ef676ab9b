export { float32Of } from './dtypes.ts';
export type { CheckpointTensor, Dtype } from './dtypes.ts';
export { readSafetensors } from './read.ts';
export { writeSafetensors } from './write.ts';
