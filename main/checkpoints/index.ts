export { readSafetensors } from './safetensors/index.ts';
export type { CheckpointTensor } from './safetensors/index.ts';
export { openCheckpoint } from './open.ts';
export type { Checkpoint, OpenMode, TensorInfo } from './checkpoint.ts';
