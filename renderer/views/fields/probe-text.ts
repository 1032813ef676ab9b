import type { ViewFrame } from '#contract/frames.ts';
import { axisName } from '../axes.ts';
import { driftParts, velocityPart } from './field-set.ts';
import { residualOf } from './residual.ts';
import type { PartInfo } from './field-set.ts';

/** One vector at the probe. */
export interface ProbeRow {
  readonly part: PartInfo;
  /** [D], every coordinate of the data. */
  readonly vector: readonly number[];
  readonly length: number;
  /** Degrees from the first axis towards the second, in (-180, 180]; null where it points nowhere. */
  readonly angleDeg: number | null;
}

/** The vectors of a frame of kind `probe`. Attract and repel are given as they act on a sample. */
export function probeRows(frame: ViewFrame): ProbeRow[] {
  const { arrays } = frame;
  const { vectors, teacher, attract, repel } = arrays;
  if (teacher !== undefined) {
    const residual = residualOf(frame);
    return [
      ...(vectors === undefined ? [] : [rowOf({ ...velocityPart, label: 'Student' }, [...vectors])]),
      rowOf({ ...velocityPart, id: 'teacher', label: 'Teacher', colour: '--data-teacher' }, [...teacher]),
      ...(residual === null
        ? []
        : [rowOf({ ...velocityPart, id: 'residual', label: 'Residual' }, [...residual])]),
    ];
  }
  if (vectors !== undefined) return [rowOf(velocityPart, [...vectors])];
  if (attract === undefined || repel === undefined) return [];
  const [away, towards] = [Array.from(repel, (value) => 0 - value), [...attract]];
  const whole = towards.map((value, d) => value + (away[d] ?? 0));
  const values = { attract: towards, repel: away, drift: whole };
  return driftParts.map((part) => rowOf(part, values[part.id]));
}

function rowOf(part: PartInfo, vector: readonly number[]): ProbeRow {
  const [x = 0, y = 0] = vector;
  const isPointing = x !== 0 || y !== 0;
  return {
    part,
    vector,
    length: Math.hypot(...vector),
    angleDeg: isPointing ? (Math.atan2(y, x) * 180) / Math.PI : null,
  };
}

/** A single-precision number with as many digits as it has: nine always bring it back. */
export function exactText(value: number): string {
  return String(Number(value.toPrecision(9)));
}

/** What a person copies: every number in full, one vector a line, columns by tabs. */
export function probeText(frame: ViewFrame, facts: { run: string; t: number | null }): string {
  const { points, weights } = frame.arrays;
  const names = Array.from({ length: frame.dim }, (_, axis) => axisName(axis, frame.dim));
  const lines = [
    ['run', facts.run],
    ['step', String(frame.step)],
    ...(facts.t === null ? [] : [['t', exactText(facts.t)]]),
    ['', ...names, 'length', 'angle (deg)'],
    ['point', ...Array.from(points ?? [], exactText)],
    ...probeRows(frame).map(({ part, vector, length, angleDeg }) => [
      part.label.toLowerCase(),
      ...vector.map(exactText),
      exactText(length),
      angleDeg === null ? '' : exactText(angleDeg),
    ]),
    ...(weights === undefined ? [] : [['weights', ...Array.from(weights, exactText)]]),
  ];
  return lines.map((cells) => cells.join('\t')).join('\n');
}
