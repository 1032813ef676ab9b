/** Why an engine could not be installed: `engine/install-...`, each with what to do about it. */
import { WorkbenchError } from '#contract/errors.ts';

export type InstallTrouble =
  /** No way to install leads to this kind on this system. */
  | 'unsupported'
  /** The optional package with the addon's sources and kernels is left out. */
  | 'no-package'
  | 'no-python'
  | 'no-pip'
  | 'no-compiler'
  | 'no-tar'
  | 'no-space'
  /** Of the graphics card. */
  | 'no-driver'
  /** TensorFlow was built and runs, and does not find the card. */
  | 'no-gpu'
  /** The network, or a server that answers with an error. */
  | 'download'
  /** What came is not what was promised. */
  | 'bad-download'
  | 'no-wheel'
  | 'bad-wheel'
  | 'compile'
  | 'verify'
  /** Another process installs right now. */
  | 'running'
  | 'cancelled';

export function installError(
  trouble: InstallTrouble,
  message: string,
  detail: Record<string, unknown> = {},
  cause?: unknown,
): WorkbenchError {
  return new WorkbenchError(`engine/install-${trouble}`, message, detail, { cause });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
