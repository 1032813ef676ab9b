export { RunFolder } from './run-folder.ts';
export { RunWriter } from './run-writer.ts';
export { RunStore } from './runs.ts';
