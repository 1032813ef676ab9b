/**
 * The velocity that a student follows and the one that its teacher has at the same states: their
 * difference is what distillation makes small. Of a flow map it is the generating velocity
 * d/dd f(z, d) against the teacher's at f(z, d) (Tong et al. "Flow Map Distillation Without Data", 2025),
 * of a policy the velocity that imitates the teacher's along its roll-out (Chen et al. "pi-Flow", 2025).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { ParsedViewRequest, ViewFrame } from '#contract/frames.ts';
import { type Segment, segmentsOf, timeFromRawTime } from '../../maths/policy/raw-time.ts';
import { type Policy, kindOf } from '../../maths/sampleable.ts';
import { policySegment } from '../../samplers/policy.ts';
import { jvp } from '../../tensor/jvp.ts';
import type { Plan } from '../plan/plan.ts';
import type { Column, SampledState } from '../sampling/model-programs.ts';
import { noiseFor, noiseOfSample } from '../sampling/noise.ts';
import type { SamplingModel } from '../sampling/sampling.ts';

interface Student {
  readonly plan: Plan;
  readonly model: SamplingModel;
  readonly state: SampledState;
}

type FieldRequest = Extract<ParsedViewRequest, { kind: 'velocity' | 'probe' }>;

interface StudentField {
  /** [n * D] */
  readonly points: Float32Array;
  readonly nfe: number;
  /** `vectors` and the like, as the contract says. */
  readonly arrays: ViewFrame['arrays'];
}

/** A policy divides by the time, so its end is looked at from this far off. */
const LEAST_POLICY_TIME = 1 / 1024;
/** Euler steps of a policy from noise to data. */
const ROLL_OUT_SUBSTEPS = 128;
/** Times at which the weights of one sample are given, beside the first. */
const WEIGHT_TIMES = 64;

/**
 * The field of a flow map or a policy.
 *
 * @param places  [n * D] points to look at; null for the student's own states
 */
export async function studentField(
  student: Student,
  request: FieldRequest,
  places: Float32Array | null,
): Promise<StudentField> {
  const isPolicy = student.plan.method.produces === 'policy';
  const t = isPolicy ? Math.max(request.t, LEAST_POLICY_TIME) : request.t;
  const own = isPolicy
    ? await policyField(student, { ...request, t }, places)
    : await flowMapField(student, request, places);
  if (student.plan.teacher === null) return own;
  const teacher = Float32Array.from(await student.model.teacher.velocityAt(own.points, t));
  return { ...own, arrays: { ...own.arrays, teacher } };
}

/** v_G = -d/dd f(z, d) at d = 1 - t, in the house's sign, at f(z, d); at a place only where a jump can start. */
async function flowMapField(
  { plan, model, state }: Student,
  { t, seed, count }: FieldRequest,
  places: Float32Array | null,
): Promise<StudentField> {
  const { nfePerCall, chain } = plan.bound;
  if (places === null) {
    const z = rows(plan, noiseFor(seed, count * model.dim));
    const found = await model.programs.overRows(
      'generating velocity',
      state,
      { z, d: { fill: 1 - t } },
      (sampleable, { z: noise, d }) => {
        const map = kindOf(sampleable, 'flowMap');
        const { outputs, tangents } = jvp(
          (duration) => [map.map(noise!, duration as Tensor1D)],
          [d!],
          [tf.onesLike(d!)],
        );
        return { points: outputs[0]!, vectors: tf.neg(tangents[0]!) };
      },
    );
    return { points: found['points']!, nfe: nfePerCall, arrays: { vectors: found['vectors']! } };
  }
  if (chain !== 'jump') return { points: places, nfe: 0, arrays: {} };
  const found = await model.programs.overRows(
    'jump velocity',
    state,
    { x: rows(plan, places), t: { fill: t } },
    (sampleable, { x, t: from }) => {
      const { jump } = kindOf(sampleable, 'flowMap');
      // How the state leaves where it is: the derivative in the time that is jumped to, at no distance.
      const { tangents } = jvp(
        (to) => [jump!(x!, from as Tensor1D, to as Tensor1D)],
        [from!],
        [tf.onesLike(from!)],
      );
      return { vectors: tangents[0]! };
    },
  );
  return { points: places, nfe: nfePerCall, arrays: { vectors: found['vectors']! } };
}

/** pi(x, t) where the roll-outs are at t, or of one sample's policy at any places. */
async function policyField(
  student: Student,
  request: FieldRequest,
  places: Float32Array | null,
): Promise<StudentField> {
  const { plan, model, state } = student;
  const segments = segmentsOf(request.nfe ?? plan.bound.standardNfe);
  const substeps = Math.max(1, Math.round(ROLL_OUT_SUBSTEPS / segments.length));
  const tau = (await rawTimesOf(student, [request.t]))[0]!;
  const index = segmentAt(segments, tau);
  const nfe = (index + 1) * plan.bound.nfePerCall;
  const { from } = segments[index]!;
  if (places === null) {
    const noise = noiseFor(request.seed, request.count * model.dim);
    const starts = await segmentStarts(student, noise, segments.slice(0, index + 1), substeps);
    const { points, ...arrays } = await along(
      student,
      { x: rows(plan, starts[index]!), from: { fill: from }, to: { fill: tau } },
      substeps,
    );
    const over = 'weightsOf' in request ? await weightsOver(student, request, segments, substeps) : {};
    return { points: points!, nfe, arrays: { ...arrays, ...over } };
  }
  const noise = noiseOfSample({ seed: request.seed, index: request.source }, model.dim);
  const starts = await segmentStarts(student, noise, segments.slice(0, index + 1), substeps);
  const count = places.length / model.dim;
  const arrays = await model.programs.overRows(
    'policy at places',
    state,
    {
      source: rows(plan, repeated(starts[index]!, count)),
      from: { fill: from },
      x: rows(plan, places),
      t: { fill: request.t },
    },
    (sampleable, { source, from: begin, x, t }) => {
      const policy = kindOf(sampleable, 'policy');
      return fieldOf(policy, source!, timeFromRawTime(begin as Tensor1D, policy.shift), x!, t as Tensor1D);
    },
  );
  return { points: places, nfe, arrays };
}

/** Component weights of one sample along its whole way. */
async function weightsOver(
  student: Student,
  { seed, weightsOf }: Extract<FieldRequest, { kind: 'velocity' }>,
  segments: readonly Segment[],
  substeps: number,
): Promise<{ weightTimes?: Float32Array; weightsOver?: Float32Array }> {
  if (weightsOf === undefined) return {};
  const { plan, model } = student;
  const times = Float32Array.from({ length: WEIGHT_TIMES + 1 }, (_, i) =>
    Math.max(1 - i / WEIGHT_TIMES, LEAST_POLICY_TIME),
  );
  const taus = await rawTimesOf(student, times);
  const noise = noiseOfSample({ seed, index: weightsOf }, model.dim);
  const starts = await segmentStarts(student, noise, segments, substeps);
  const places = Array.from(taus, (tau) => segmentAt(segments, tau));
  const { weights } = await along(
    student,
    {
      x: rows(plan, Float32Array.from(places.flatMap((index) => [...starts[index]!]))),
      from: { values: places.map((index) => segments[index]!.from), shape: [] },
      to: { values: taus, shape: [] },
    },
    substeps,
  );
  return weights === undefined ? {} : { weightTimes: times, weightsOver: weights };
}

/** States of roll-outs at the start of every segment. @param x  [n * D] noise */
async function segmentStarts(
  student: Student,
  x: Float32Array,
  segments: readonly Segment[],
  substeps: number,
): Promise<Float32Array[]> {
  const starts = [x];
  for (const { from, to } of segments.slice(0, -1)) {
    const leg = { x: rows(student.plan, starts.at(-1)!), from: { fill: from }, to: { fill: to } };
    starts.push((await along(student, leg, substeps))['points']!);
  }
  return starts;
}

/** Roll-outs from their source at raw time `from` to `to`, and what their policies say there. */
function along(
  { model, state }: Student,
  leg: Readonly<Record<'x' | 'from' | 'to', Column>>,
  substeps: number,
): Promise<Record<string, Float32Array>> {
  return model.programs.overRows(`policy along ${substeps}`, state, leg, (sampleable, { x, from, to }) => {
    const policy = kindOf(sampleable, 'policy');
    const [begin, end] = [from as Tensor1D, to as Tensor1D];
    const [arrived] = policySegment(policy, x!, begin, end, { records: 1, substeps });
    const [source, t] = [timeFromRawTime(begin, policy.shift), timeFromRawTime(end, policy.shift)];
    return { points: arrived!, ...fieldOf(policy, x!, source, arrived!, t) };
  });
}

function fieldOf(
  policy: Policy,
  xSrc: Tensor,
  tSrc: Tensor1D,
  x: Tensor,
  t: Tensor1D,
): Record<string, Tensor> {
  const parameters = policy.parameters(xSrc, tSrc);
  const vectors = policy.velocity(parameters, xSrc, tSrc, x, t);
  const weights = policy.weights?.(parameters, xSrc, tSrc, x, t);
  return { vectors, ...(weights === undefined ? {} : { weights }) };
}

/** Raw times of house times, by the clock of the policy. */
async function rawTimesOf({ model, state }: Student, times: ArrayLike<number>): Promise<Float64Array> {
  const { shift } = await model.programs.overRows(
    'policy shift',
    state,
    { row: { values: [0], shape: [] } },
    (sampleable) => ({ shift: tf.fill([1], kindOf(sampleable, 'policy').shift) }),
  );
  const m = shift![0]!;
  return Float64Array.from(times, (t) => t / (m + (1 - m) * t));
}

/** The segment in which a raw time is looked at: where one ends and the next begins, the next. */
function segmentAt(segments: readonly Segment[], tau: number): number {
  // Bounds such as 1/3 do not come back exactly from their house time.
  const slack = 1e-6;
  return Math.max(
    0,
    segments.findLastIndex(({ from }) => from >= tau - slack),
  );
}

function repeated(row: Float32Array, count: number): Float32Array {
  return Float32Array.from({ length: row.length * count }, (_, i) => row[i % row.length]!);
}

function rows({ sampleShape }: Plan, values: Float32Array): Column {
  return { values, shape: sampleShape };
}
