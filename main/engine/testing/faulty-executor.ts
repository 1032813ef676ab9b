/** An executor that computes as the processor does, under another name, until its device fails. */
import type { ExecutorDevice, ExecutorId } from '#contract/engines.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';

interface Faults {
  readonly id?: ExecutorId;
  readonly device?: Partial<ExecutorDevice>;
  /** Runs of programs with state, which are training steps, until it fails; never if left out. */
  readonly steps?: number;
  /** Runs of programs without state, which are views; never if left out. */
  readonly views?: number;
  readonly error?: WorkbenchError;
  /** Added to every number of the state that is read. */
  readonly offset?: number;
}

const LOST = new WorkbenchError('engine/device-lost', 'The device Test GPU was lost');

export function faultyExecutor({
  id = 'ort-webgpu',
  device = {},
  steps = Infinity,
  views = Infinity,
  error = LOST,
  offset = 0,
}: Faults = {}): Executor {
  const inner = ortCpuExecutor(1);
  let left = steps;
  let viewsLeft = views;
  return {
    id,
    device: {
      name: 'Test GPU',
      memoryBytes: 2 ** 30,
      features: ['shader-f16'],
      isSoftware: false,
      ...device,
    },
    async compile(graph, options) {
      const executable = await inner.compile(graph, options);
      const isTraining = (options?.state ?? []).length > 0;
      return {
        run: (inputs) => {
          if (isTraining ? left-- <= 0 : viewsLeft-- <= 0) return Promise.reject(error);
          return executable.run(inputs);
        },
        readState: async () => {
          const state = await executable.readState();
          if (offset === 0) return state;
          return Object.fromEntries(
            Object.entries(state).map(([name, values]) => [
              name,
              (values as Float32Array).map((x) => x + offset),
            ]),
          );
        },
        writeState: (state) => executable.writeState(state),
        undo: () => executable.undo(),
        traffic: () => executable.traffic(),
        // A device that is gone cannot even let go.
        dispose: () => (left < 0 || viewsLeft < 0 ? Promise.reject(error) : executable.dispose()),
      };
    },
  };
}
