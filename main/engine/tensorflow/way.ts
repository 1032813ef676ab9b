import type { InstallProgress } from '#contract/engines.ts';

type Step = Extract<InstallProgress, { kind: 'step' }>['step'];

/** What a way to install is given. */
export interface Way {
  readonly kind: 'cpu' | 'gpu';
  /** Empty, and thrown away if the way throws. */
  readonly folder: string;
  /** Keeps downloads from one try to the next. */
  readonly cache: string;
  readonly signal: AbortSignal;
  readonly say: (step: Step, message: string, fraction: number | null) => void;
}

/** What a way has left in the folder. */
export interface Built {
  /** Relative to the folder. */
  readonly addon: string;
  /** Of libtensorflow. */
  readonly version: string;
}
