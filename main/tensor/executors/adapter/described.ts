import type { ExecutorDevice } from '#contract/engines.ts';

/** What is known of a device beside its features. */
export type Described = Omit<ExecutorDevice, 'features'>;
