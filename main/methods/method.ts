/**
 * What a method is. A method is a folder with one value of this type and one line in the registry;
 * the form, the CLI flags, the store, the charts and the views follow from it.
 */
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { Produces } from '#contract/catalog.ts';
import type { ViewRequest } from '#contract/frames.ts';
import type { Convention, DitConfig } from '#contract/networks.ts';
import type { Chain, Condition, FeatureMap, Sampleable, VelocityField } from '../maths/sampleable.ts';
import type { MlpShape } from '../models/mlp/mlp.ts';
import type { Rng } from '../tensor/rng.ts';
import type { Packing } from '../tensor/tree.ts';

/** What a method learns from besides its parameters. */
export interface MethodContext {
  /** Shape of one sample: [2] for points of a plane, [H, W, C] for images. */
  readonly sampleShape: readonly number[];
  /** Length of the run, for schedules. */
  readonly totalSteps: number;
  /**
   * The teacher of a distillation, with its parameters as constants; to be called where it is used,
   * inside a traced function. Null for a run without one.
   */
  readonly teacher: (() => VelocityField) | null;
  /** Classes that samples can be asked for: those of the teacher, else of the data; 0 where there are none. */
  readonly classes: number;
  /**
   * The frozen encoder in whose features a method may learn, with its parameters as constants; to be called
   * inside a traced function. Null or left out for a run without one.
   */
  readonly encoder?: (() => FeatureMap) | null;
  /** The network of a trained teacher, for a student that starts from it; none for an exact teacher. */
  readonly teacherNetwork?: TrainedNetwork | null;
}

/** A network of the host: what it is and its parameters by name. */
export type TrainedNetwork = TrainedMlp | TrainedDit;

/** Parameters as `models/mlp` names them. */
export interface TrainedMlp {
  readonly shape: MlpShape;
  readonly parameters: Readonly<Record<string, Float32Array>>;
}

/** Parameters as `models/dit` names them; large ones may be read when they are first asked for. */
export interface TrainedDit {
  readonly config: DitConfig;
  readonly convention: Convention;
  readonly parameters: Readonly<Record<string, Float32Array>>;
}

/**
 * Random input of a step. Draws depend only on (run seed, input name, step), so the same step sees
 * the same numbers in every process.
 */
export type Draw =
  /** `count` fresh samples of the dataset, [count, ...sampleShape]. */
  | { readonly kind: 'data'; readonly count: number }
  /** [count] class of each sample of the data draw named `of`; `MethodContext.classes` for one without. */
  | { readonly kind: 'label'; readonly of: string }
  | { readonly kind: 'normal'; readonly shape: readonly number[] }
  /** Uniform in [0, 1). */
  | { readonly kind: 'uniform'; readonly shape: readonly number[] }
  /**
   * Made by the method on the host. `make` is asked once a run for a function of the step alone: what it
   * keeps from step to step may save work, but may not change what it returns.
   */
  | {
      readonly kind: 'made';
      readonly shape: readonly number[];
      make(source: PointSource, rng: Rng): (step: number) => Float32Array;
    };

/** What a draw that a method makes may be made of. */
export interface PointSource {
  /** `count` fresh samples of the dataset, flat, depending only on the rng. */
  sample(rng: Rng, count: number): Float32Array;
  /** The same samples with their classes, for data with classes: `MethodContext.classes` for one of none. */
  labelled?(rng: Rng, count: number): { readonly values: Float32Array; readonly labels: ArrayLike<number> };
}

/** State of a run: packed vectors by name. Everything that a checkpoint holds. */
export type State = Record<string, Tensor>;
export type HostState = Record<string, Float32Array>;

export interface StepResult {
  readonly state: State;
  /**
   * Numbers worth a curve; `loss` and `gradNorm` must be among them, for a step in which either is
   * not finite is taken back and ends the run.
   */
  readonly scalars: Record<string, Scalar>;
}

/** The drift at some points, for the fields view: V = attract - repel. */
export interface DriftParts {
  readonly attract: Tensor;
  readonly repel: Tensor;
}

/** Shares that every data point and every sample has in a drift. */
export interface DriftWeights {
  readonly attract: Tensor;
  readonly repel: Tensor;
}

/** A method with its parameters chosen. All tensor functions are pure and traceable. */
export interface BoundMethod {
  /** Every state vector and the names of its parts, e.g. params, ema, first and second moments. */
  readonly layout: Readonly<Record<string, Packing>>;
  /** Random inputs of a step by name. */
  readonly draws: Readonly<Record<string, Draw>>;
  init(rng: Rng): HostState;
  /** @param step  k, scalar float32, 1 at the first update */
  step(state: State, batch: Readonly<Record<string, Tensor>>, step: Scalar): StepResult;
  /** What samplers, metrics and views consume, from the EMA parameters. */
  sampleable(state: State): Sampleable;
  /**
   * The network that it samples with, for students that start from their teacher's; left out where
   * there is nothing to start from. Reads `sampledState` only; the parameters share its memory.
   */
  network?(state: HostState): TrainedNetwork;
  /** Which state vectors `sampleable` and `fields` read. */
  readonly sampledState: readonly string[];
  /** Shape of the Gaussian noise that one sample starts from. */
  readonly noiseShape: readonly number[];
  /** Network forward passes per call of the sampleable; a guided pair counts 2. */
  readonly nfePerCall: number;
  /** Network evaluations with which its samples are measured while it trains. */
  readonly standardNfe: number;
  /** The teacher as it is asked here, guided for example; the context's if left out. */
  teacher?(): VelocityField;
  /** Network passes of one call of it where a class is asked for; 1 if left out. */
  readonly teacherNfe?: number;
  /** Classes that its sampleable can be asked for; 0 if left out. */
  readonly classes?: number;
  /** How calls of its flow map can be chained, where they can. */
  readonly chain?: Chain;
  /** Vector fields beyond the sampleable's own. */
  readonly fields?: {
    /**
     * The drift at the samples of `noise`, or at `queries`, which are other points than those samples.
     *
     * @param noise [N, ...noiseShape]  @param data [P, ...sampleShape]  @param queries [M, D]
     * @param condition  what the samples of `noise` are asked for; `data` is then to be of that class
     * @returns the parts at every query, and the samples [N, D]
     */
    drift(
      state: State,
      noise: Tensor,
      data: Tensor,
      queries: Tensor | null,
      condition?: Condition,
    ): DriftParts & { samples: Tensor };
    /**
     * Who moves a query: the same drift, V+ = sum_j attract_ij (data_j - query_i) and V- = sum_j repel_ij
     * (sample_j - query_i). Arguments as those of `drift`.
     *
     * @returns `attract` [M, P], `repel` [M, N], none of them negative, and the samples [N, D]
     */
    weights?(
      state: State,
      noise: Tensor,
      data: Tensor,
      queries: Tensor,
      condition?: Condition,
    ): DriftWeights & { samples: Tensor };
  };
}

export interface Method<P extends z.ZodObject = z.ZodObject> {
  readonly id: string;
  readonly title: string;
  /** One sentence: what it learns. */
  readonly summary: string;
  readonly reference: string;
  /** Training objective, KaTeX source. */
  readonly equation: string;
  readonly produces: Produces;
  readonly needsTeacher: boolean;
  /** Whether it can learn in the features of an encoder; left out, it cannot. */
  readonly usesEncoder?: boolean;
  readonly params: P;
  /** The parameter, and above which value of it, that makes what it produces read a guidance scale. */
  readonly guidedAbove?: { readonly param: string & keyof z.output<P>; readonly value: number };
  /**
   * Standards that differ where samples are images: they fill in for parameters that are left out;
   * `conditional` where there are classes alone.
   */
  readonly imageDefaults?: Readonly<Partial<z.input<P>>>;
  /** Views it can feed, the first one shown first. */
  readonly views: readonly ViewRequest['kind'][];
  bind(params: z.output<P>, context: MethodContext): BoundMethod;
}

/** Keeps the parameter type inside the method and gives the registry one type for all. */
export function defineMethod<P extends z.ZodObject>(method: Method<P>): Method {
  return method as unknown as Method;
}
