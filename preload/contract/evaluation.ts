/** How good samples are: what a measurement is asked for beside samples, and what it finds. */
import { z } from 'zod';

/** A space in which images are compared. */
export const featureSpace = z.object({
  /** `pixels`, `encoder:<run>` or `onnx:<model>`. */
  id: z.string(),
  title: z.string(),
});
export type FeatureSpaceEntry = z.infer<typeof featureSpace>;

/**
 * Which real images generated ones are held against: those that training never draws, those it draws, or
 * both.
 */
const referenceKind = z.enum(['holdout', 'training', 'all']);

/** Of images; points are compared as they are with fresh ones of their law. */
export const imageEvaluation = {
  /** A feature space, see `runs.spaces`. */
  space: z.string().min(1).max(200).default('pixels'),
  /** The held-out images where there are some, else those of training, if left out. */
  reference: referenceKind.optional(),
  /**
   * Classes of samples where no label is asked for: each as often as the reference has it, or any (the null
   * class). A label restricts the reference to its class.
   */
  classes: z.enum(['reference', 'any']).default('reference'),
};

/** What was compared with what. */
const aboutImages = z.object({
  space: featureSpace.extend({ width: z.int() }),
  reference: referenceKind,
  counts: z.object({
    /** Generated images, and real ones: the Frechet distance is of all of them. */
    samples: z.int(),
    real: z.int(),
    /** Of each, in metrics of pairs: equally many. */
    pairs: z.int(),
    /** Training images among which the nearest were looked for. */
    training: z.int(),
  }),
  /** What a person should know: why a metric is missing, or what it may be compared with. */
  notes: z.array(z.string()),
});

export const evaluation = z.object({
  results: z.array(
    z.object({
      /** Network evaluations that a sample took. */
      nfe: z.number(),
      metrics: z.record(z.string(), z.number()),
      /** Standard errors of metrics, by a bootstrap over the samples; of images alone. */
      errors: z.record(z.string(), z.number()).optional(),
    }),
  ),
  /** Of images alone. */
  about: aboutImages.optional(),
});
