/** What the teacher of a model makes of the noise that the model starts from. */
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import { samplerById } from '../../samplers/index.ts';
import type { Trajectory } from '../../samplers/sampler.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { asksForClasses, labelled } from './labels.ts';
import type { Asked, ModelPrograms } from './model-programs.ts';
import { type NoiseChoice, startNoise } from './noise.ts';

/** RK4 steps of the reference that students are compared with. */
const STEPS = 64;
/** Fewer of an imported teacher that takes no more samples at once than this: a call takes seconds. */
const FEW_STEPS = { most: 16, steps: 8 };

/** What a teacher is asked beside how many samples, of which seed. */
type TeacherRequest = Asked & Pick<NoiseChoice, 'starts'>;

/** All that computes throws WorkbenchError `config/no-teacher` for a model without one. */
export class TeacherPaths {
  private readonly programs: ModelPrograms;
  private readonly dim: number;
  private readonly steps: number;
  private kept: { readonly key: string; readonly path: Promise<Trajectory> } | null = null;

  constructor(programs: ModelPrograms) {
    const { sampleShape, teacherRows = Infinity } = programs.plan;
    this.programs = programs;
    this.dim = sizeOf(sampleShape);
    this.steps = teacherRows <= FEW_STEPS.most ? FEW_STEPS.steps : STEPS;
  }

  get exists(): boolean {
    return this.programs.plan.teacher !== null;
  }

  /** Network passes of one call. */
  nfePerCall(asked: Asked): number {
    const { plan } = this.programs;
    return asksForClasses(plan, asked) ? (plan.bound.teacherNfe ?? 1) : 1;
  }

  /**
   * Where it takes the noise of a seed: RK4 with 64 steps (8 of a large imported teacher), kept for the
   * next who asks.
   * @returns [count * dim]
   */
  async ends(count: number, seed: number, asked: TeacherRequest = {}): Promise<Float64Array> {
    return (await this.path(count, seed, asked)).states.at(-1)!;
  }

  /** The way there, every state of it. */
  async path(count: number, seed: number, wanted: TeacherRequest = {}): Promise<Trajectory> {
    const asked = labelled(this.programs.plan, wanted, count, wanted.starts);
    const { starts, label, labels, guidance } = asked;
    const key = JSON.stringify([count, seed, starts, label, labels && Array.from(labels), guidance]);
    if (this.kept?.key === key) {
      try {
        return await this.kept.path;
      } catch (error) {
        // Whoever asked first may have cancelled it, which is nothing to those who joined.
        if (!isCancelled(error) || asked.signal?.aborted === true) throw error;
        return this.path(count, seed, asked);
      }
    }
    const noise = Float64Array.from(startNoise({ count, seed, starts }, this.dim));
    const path = samplerById('rk4').sample((x, t) => this.velocityAt(x, t, asked), noise, {
      steps: this.steps,
      dim: this.dim,
      record: 'all',
    });
    const kept = { key, path };
    this.kept = kept;
    path.catch(() => {
      if (this.kept === kept) this.kept = null;
    });
    return path;
  }

  /**
   * Where it takes any noise, by so many Euler steps.
   * @param noise  [n * dim]
   */
  async sample(noise: Float64Array, steps: number, wanted: Asked = {}): Promise<Trajectory> {
    const asked = labelled(this.programs.plan, wanted, noise.length / this.dim);
    const path = await samplerById('euler').sample((x, t) => this.velocityAt(x, t, asked), noise, {
      steps,
      dim: this.dim,
      record: 'end',
    });
    return { ...path, nfe: path.nfe * this.nfePerCall(asked) };
  }

  /** v(x, t) at any points. @param x  [n * dim]  @param t  one time for all */
  async velocityAt(x: Float64Array | Float32Array, t: number, asked: Asked = {}): Promise<Float64Array> {
    if (!this.exists) {
      throw new WorkbenchError('config/no-teacher', 'teacher: this run learns from data and has none', {
        field: 'teacher',
      });
    }
    const { v } = await this.programs.overTeacher(
      'velocity',
      { x: this.programs.samples(x), t: { fill: t } },
      (teacher, { x: at, t: time }, condition) => ({ v: teacher.velocity(at!, time as Tensor1D, condition) }),
      asked,
    );
    return Float64Array.from(v!);
  }
}

function isCancelled(error: unknown): boolean {
  return error instanceof WorkbenchError && error.code === 'sampler/cancelled';
}
