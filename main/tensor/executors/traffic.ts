/** Counts what passes between the host and a device; see {@link Traffic}. */
import type { Traffic } from './executor.ts';
import { type Slots, bytesOf } from './session.ts';

export class TrafficCounter {
  private readonly inputBytes: number;
  private readonly outputBytes: number;
  private readonly wholeStateBytes: number;
  private runs = 0;
  private stateTransfers = 0;

  constructor({ inputs, outputs, state }: Slots) {
    [this.inputBytes, this.outputBytes, this.wholeStateBytes] = [inputs, outputs, state].map(bytesOf) as [
      number,
      number,
      number,
    ];
  }

  countRun(): void {
    this.runs++;
  }

  /** The whole state was read or written. */
  countState(): void {
    this.stateTransfers++;
  }

  total(): Traffic {
    return {
      runs: this.runs,
      uploadedBytes: this.runs * this.inputBytes,
      readBytes: this.runs * this.outputBytes,
      stateBytes: this.stateTransfers * this.wholeStateBytes,
    };
  }
}
