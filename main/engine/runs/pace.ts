/** How fast a run trains: steps per second over the last few seconds. */
export class Pace {
  private marks: { step: number; at: number }[] = [];

  reset(): void {
    this.marks = [];
  }

  tick(step: number): void {
    const at = performance.now();
    const last = this.marks.at(-1);
    if (last !== undefined && at - last.at < 250) return;
    this.marks.push({ step, at });
    if (this.marks.length > 20) this.marks.shift();
  }

  stepsPerSec(): number | null {
    const first = this.marks[0];
    const last = this.marks.at(-1);
    if (first === undefined || last === undefined || last.at === first.at) return null;
    return ((last.step - first.step) * 1000) / (last.at - first.at);
  }
}
