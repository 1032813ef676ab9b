/**
 * The small training step by which executors are compared and timed: flow matching on the checkerboard
 * with an MLP of three layers of 256, 1024 points a step, Adam and an average of the parameters; some
 * 0.9 GFLOP. Large enough that a device that pays off for networks shows it, small enough for JavaScript.
 */
import { datasetById, parseDatasetParams } from '../../datasets/index.ts';
import { methodById, parseMethodParams } from '../../methods/index.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { Trainer } from '../../training/trainer.ts';

/** Part of what a score is remembered by: another workload, another name. */
export const WORKLOAD = 'teacher on checkerboard, 1024 x 256 x 3';

const POINT = [2];
/** The schedule of the learning rate runs over them; the clock stops long before. */
const STEPS = 100_000;

/** @throws WorkbenchError `engine/...`; dispose of it */
export function workloadOn(executor: Executor): Promise<Trainer> {
  const method = methodById('teacher');
  const dataset = datasetById('checkerboard', []);
  const params = parseMethodParams(
    method,
    // A small rate: see MOST_DIFFERENCE.
    { batch: 1024, width: 256, depth: 3, learningRate: 1e-4 },
    { sampleShape: POINT, classes: 0 },
  );
  return Trainer.create({
    method: method.bind(params, {
      sampleShape: POINT,
      totalSteps: STEPS,
      teacher: null,
      classes: 0,
      encoder: null,
      teacherNetwork: null,
    }),
    source: dataset.create(parseDatasetParams(dataset, {})),
    sampleShape: POINT,
    executor,
    seed: 0,
  });
}
