export { float32Of, readSafetensors, writeSafetensors } from './safetensors/index.ts';
export type { CheckpointTensor, Dtype } from './safetensors/index.ts';
