/**
 * Repetition as one kernel, so that a long detached roll-out is a loop of the executor (ONNX Loop) and
 * not a hundred copies of its body in the graph. It is ours, not TensorFlow.js's: see ../repeat.ts.
 */
import type { Graph } from '../graph.ts';
import type { KernelTable } from './rule.ts';

/**
 * Attributes of a Repeat node. The inputs of `body` are the index of the round (scalar), the carried
 * values and the invariants; its outputs are the carried values of the next round.
 */
export interface RepeatAttributes {
  readonly count: number;
  readonly carried: number;
  readonly body: Graph;
}

export const repeatKernels: KernelTable = {
  Repeat: {
    returnsList: true,
    infer: (inputs, attrs) => {
      const { body, carried } = attrs as unknown as RepeatAttributes;
      body.outputs.forEach(({ value }, i) => {
        const given = inputs[i]!;
        if (value.shape.join() !== given.shape.join() || value.dtype !== given.dtype) {
          throw new RangeError(
            `repeat: expected the body to return ${given.dtype} [${given.shape.join(', ')}], found ${value.dtype} [${value.shape.join(', ')}]`,
          );
        }
      });
      return inputs.slice(0, carried).map(({ dtype, shape }) => ({ dtype, shape }));
    },
    lower: (emit, inputs, { attrs }) => {
      const { body, count, carried } = attrs as unknown as RepeatAttributes;
      return emit.loop(body, count, inputs.slice(0, carried), inputs.slice(carried));
    },
    // Detached: no derivative of either kind passes through.
    jvp: ({ outputs }) => outputs.map(() => null),
  },
};
