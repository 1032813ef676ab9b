export type { CheckpointEntry, TrainingState } from './checkpoint-shelf.ts';
export { resolveHome } from './home.ts';
export type { Home } from './home.ts';
export { RunFolder } from './run-folder.ts';
export type { RunChange } from './run-folder.ts';
export { RunWriter } from './run-writer.ts';
export { RunStore } from './runs.ts';
