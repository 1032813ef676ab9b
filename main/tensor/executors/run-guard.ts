/**
 * Watches over the runs of a program on a device: names what fails, gives up on a device that does not
 * answer, and asks nothing more of one that is lost.
 */
import { setTimeout as after } from 'node:timers/promises';
import type { WorkbenchError } from '#contract/errors.ts';
import { deviceFailure, hungDevice } from './device-errors.ts';

/** Of one device, shared by everything that runs on it. */
export interface DeviceHealth {
  /** Why it is of no use any more. */
  failure: WorkbenchError | null;
  /** Called once when it fails. */
  readonly onFailure: () => void;
  /** Ends the process if it is not called off in time; null where devices cannot hang. */
  readonly watch: ((limitMs: number) => () => void) | null;
}

export interface GuardLimits {
  /** A run may take this long in any case: the first compiles shaders. */
  readonly leastMs: number;
  /** And this many times the median of earlier ones. */
  readonly times: number;
}

const LIMITS: GuardLimits = { leastMs: 120_000, times: 100 };
/** Runs whose duration is remembered. */
const REMEMBERED = 32;

export class RunGuard {
  private readonly durations: number[] = [];
  private readonly health: DeviceHealth;
  private readonly limits: GuardLimits;

  constructor(health: DeviceHealth, limits: GuardLimits = LIMITS) {
    this.health = health;
    this.limits = limits;
  }

  /** @throws WorkbenchError `engine/device-lost`, `engine/out-of-memory`, `engine/device-hung`; else what `work` throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.health.failure !== null) throw this.health.failure;
    const limitMs = this.limitMs();
    const began = performance.now();
    const callOff = this.health.watch?.(limitMs);
    const timer = new AbortController();
    try {
      const result = await Promise.race([work(), this.tooLate(limitMs, timer.signal)]);
      this.remember(performance.now() - began);
      return result;
    } catch (error) {
      const failure = deviceFailure(error);
      if (failure === null) throw error;
      // Memory can be had again once something smaller is asked for.
      if (failure.code !== 'engine/out-of-memory') this.fail(failure);
      throw failure;
    } finally {
      timer.abort();
      callOff?.();
    }
  }

  private fail(failure: WorkbenchError): void {
    this.health.failure = failure;
    this.health.onFailure();
  }

  /** Ends only by an error: of a device that did not answer, or none that anybody hears. */
  private async tooLate(limitMs: number, signal: AbortSignal): Promise<never> {
    await after(limitMs, undefined, { signal, ref: false });
    const failure = hungDevice(limitMs / 1000);
    this.fail(failure);
    throw failure;
  }

  private limitMs(): number {
    const sorted = this.durations.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    return Math.max(this.limits.leastMs, this.limits.times * median);
  }

  private remember(duration: number): void {
    this.durations.push(duration);
    if (this.durations.length > REMEMBERED) this.durations.shift();
  }
}
