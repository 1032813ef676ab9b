export { readSafetensors } from './safetensors/index.ts';
export type { CheckpointTensor } from './safetensors/index.ts';
