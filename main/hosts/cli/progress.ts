/** Progress of a run on stderr: a bar on a terminal, a line now and then elsewhere. */
import type { RunSummary } from '#contract/runs.ts';
import { brief, say } from './output.ts';

const BAR_WIDTH = 24;
/** Seconds between lines where there is no terminal to redraw. */
const LINE_EVERY_SECS = 10;

export class ProgressLine {
  private readonly isTerminal = process.stderr.isTTY;
  private lastLineAt = performance.now();
  /** What it was trained on last, as far as was said. */
  private trainedOn: string | undefined;

  constructor(began: RunSummary) {
    say(`${began.name}: ${began.folder}`);
    this.trainedOn = JSON.stringify(began.trainedOn.at(-1));
  }

  update(summary: RunSummary): void {
    const last = summary.trainedOn.at(-1);
    if (last !== undefined && JSON.stringify(last) !== this.trainedOn) {
      this.trainedOn = JSON.stringify(last);
      const { executor, device, fromStep } = last;
      if (fromStep > 0) say(`From step ${fromStep} on it is trained on ${executor} (${device})`);
    }
    if (this.isTerminal) {
      process.stderr.write(`\r\x1b[K${bar(summary)} ${text(summary)}`);
    } else if (performance.now() - this.lastLineAt > LINE_EVERY_SECS * 1000) {
      this.lastLineAt = performance.now();
      say(text(summary));
    }
  }

  done(summary: RunSummary): void {
    if (this.isTerminal) process.stderr.write('\r\x1b[K');
    say(text(summary));
  }
}

function bar({ step, config }: RunSummary): string {
  const filled = Math.floor((BAR_WIDTH * step) / config.steps);
  return `[${'='.repeat(filled)}${' '.repeat(BAR_WIDTH - filled)}]`;
}

function text({ step, config, status, latest, stepsPerSec, etaSecs }: RunSummary): string {
  const loss = latest['loss'];
  const distance = latest['energyDistance'];
  return [
    `${status} ${step}/${config.steps}`,
    ...(loss === undefined ? [] : [`loss ${brief(loss)}`]),
    ...(distance === undefined ? [] : [`energy distance ${brief(distance)}`]),
    ...(stepsPerSec === null ? [] : [`${stepsPerSec.toFixed(1)} steps/s`]),
    ...(etaSecs === null ? [] : [`ETA ${clock(etaSecs)}`]),
  ].join('  ');
}

function clock(secs: number): string {
  const whole = Math.round(secs);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${hours > 0 ? `${hours}:` : ''}${two(minutes)}:${two(whole % 60)}`;
}
