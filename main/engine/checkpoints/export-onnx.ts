/**
 * A model as an ONNX file for other programs: what it does in one call, with its weights inside. The file
 * is run back in ONNX Runtime before anyone sees it.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import { segmentsOf } from '../../maths/policy/raw-time.ts';
import { type Condition, type Policy, type Sampleable, kindOf } from '../../maths/sampleable.ts';
import { policySegment } from '../../samplers/policy.ts';
import { executorOrAuto } from '../../tensor/device.ts';
import { runOnnxFile, writeOnnxFile } from '../../tensor/onnx/file.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { type TensorSpec, trace } from '../../tensor/trace.ts';
import type { Plan } from '../plan/plan.ts';
import type { SampledState } from '../sampling/model-programs.ts';

/** Largest difference between the file and its source, over the largest number of what they answer. */
const TOLERANCE = 1e-5;
/** Euler steps of a policy from noise to data. */
const ROLL_OUT_SUBSTEPS = 128;

export interface OnnxRequest {
  readonly plan: Plan;
  readonly state: SampledState;
  readonly name: string;
  /** Samples per call; an ONNX file of ours has one batch size. */
  readonly batch: number;
  /** Network calls of a policy. */
  readonly nfe?: number | undefined;
  /** Of the program. */
  readonly version: string;
}

type Tensors = Record<string, Tensor>;
type Array1 = Float32Array | Int32Array;

/** What the file computes. */
interface Call {
  /** One sentence. */
  readonly what: string;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  /** @returns every output by its name */
  run(sampleable: Sampleable, inputs: Tensors): Tensors;
}

/**
 * Writes the file and whatever lies beside it, and runs it back on fresh inputs.
 *
 * @returns the files, the model last, and by how much it is off
 * @throws WorkbenchError `export/disagrees` if it is off by more than 1e-5; the caller removes the files
 */
export async function writeOnnx(
  file: string,
  request: OnnxRequest,
): Promise<{ files: string[]; verified: number }> {
  const { plan, state, name, version } = request;
  const call = callOf(request);
  const graph = trace(call.inputs, (inputs) => {
    const constants = plan.bound.sampledState.map((key) => [key, tf.tensor1d(state[key]!)]);
    const sampleable = plan.bound.sampleable(Object.fromEntries(constants) as Tensors);
    return call.run(sampleable, inputs);
  });
  const files = writeOnnxFile(file, graph, {
    'fewstep.name': name,
    'fewstep.version': version,
    'fewstep.what': call.what,
    'fewstep.method': plan.method.id,
    'fewstep.produces': plan.method.produces,
    'fewstep.time': 't = 1 is noise, t = 0 is data; a velocity is noise - data',
    'fewstep.inputs': JSON.stringify(call.inputs),
    'fewstep.sampleShape': JSON.stringify(plan.sampleShape),
    'fewstep.classes': String(plan.bound.classes ?? 0),
  });
  return { files, verified: await verified(file, request, call) };
}

async function verified(file: string, { plan, state, name }: OnnxRequest, call: Call): Promise<number> {
  const inputs = freshInputs(call.inputs, plan.bound.classes ?? 0);
  const shaped = Object.fromEntries(
    Object.entries(inputs).map(([key, values]) => [key, { values, shape: call.inputs[key]!.shape }]),
  );
  const found = await runOnnxFile(file, shaped);
  const sampled = Object.fromEntries(
    plan.bound.sampledState.map((key) => [key, { shape: [plan.bound.layout[key]!.size] }]),
  );
  // The source as samples are drawn from it: its parameters are inputs.
  const program = await compileProgram(await executorOrAuto(plan.config.executor), {
    inputs: { ...sampled, ...call.inputs },
    run: (_, tensors) => {
      const parameters = Object.fromEntries(Object.keys(sampled).map((key) => [key, tensors[key]!]));
      return { outputs: call.run(plan.bound.sampleable(parameters), tensors) };
    },
  });
  try {
    const wanted = Object.entries(await program.run({ ...state, ...inputs }));
    const off = Math.max(
      ...wanted.map(([key, values]) =>
        relativeDifference(found[key] as Float32Array, values as Float32Array),
      ),
    );
    if (off <= TOLERANCE) return off;
    throw new WorkbenchError(
      'export/disagrees',
      `${name}: expected the ONNX file to answer as its source does, to ${TOLERANCE} of the largest number, found ${off}`,
      { tolerance: TOLERANCE, found: off },
    );
  } finally {
    await program.dispose();
  }
}

/** Over the largest magnitude; infinite where the lengths differ or a number is none. */
function relativeDifference(found: Float32Array, wanted: Float32Array): number {
  if (found.length !== wanted.length) return Infinity;
  let [largest, off] = [0, 0];
  wanted.forEach((value, i) => {
    const difference = Math.abs(found[i]! - value);
    if (!Number.isFinite(difference)) off = Infinity;
    largest = Math.max(largest, Math.abs(value));
    off = Math.max(off, difference);
  });
  // A network that answers zero everywhere, as one does before training.
  return largest === 0 ? off : off / largest;
}

function freshInputs(specs: Call['inputs'], classes: number): Record<string, Array1> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape }]): [string, Array1] => {
      const rng = new Rng(0, `export/${name}`);
      const size = sizeOf(shape);
      if (name === 'label') return [name, Int32Array.from({ length: size }, (_, i) => i % (classes + 1))];
      if (name === 't') {
        // Inside: where t is 0 or 1 some conventions divide by it.
        return [name, rng.fillUniform(new Float32Array(size)).map((u) => 0.05 + 0.9 * u)];
      }
      return [name, rng.fillNormal(new Float32Array(size))];
    }),
  );
}

function callOf({ plan, batch, nfe = plan.bound.standardNfe }: OnnxRequest): Call {
  const { bound, sampleShape } = plan;
  const label: Record<string, TensorSpec> =
    (bound.classes ?? 0) > 0 ? { label: { shape: [batch], dtype: 'int32' } } : {};
  const noise = { noise: { shape: [batch, ...bound.noiseShape] }, ...label };
  const classes = `label from 0, ${bound.classes ?? 0} for any class`;
  const asked = 'label' in label ? ` of the class (${classes})` : '';
  switch (plan.method.produces) {
    case 'velocity':
      return {
        what: `The velocity dx/dt at x and time t${asked}, unguided.`,
        inputs: { x: { shape: [batch, ...sampleShape] }, t: { shape: [batch] }, ...label },
        run: (sampleable, inputs) => ({
          velocity: kindOf(sampleable, 'velocity').velocity(
            inputs['x']!,
            inputs['t'] as Tensor1D,
            conditionOf(inputs),
          ),
        }),
      };
    case 'generator':
      return {
        what: `A sample of the noise${asked}, in one call.`,
        inputs: noise,
        run: (sampleable, inputs) => ({
          sample: kindOf(sampleable, 'generator').generate(inputs['noise']!, conditionOf(inputs)),
        }),
      };
    case 'flowMap':
      return {
        what: `A sample of the noise${asked}: the flow map from t = 1 to t = 0, in one call.`,
        inputs: noise,
        run: (sampleable, inputs) => ({
          sample: kindOf(sampleable, 'flowMap').map(
            inputs['noise']!,
            tf.ones([batch]) as Tensor1D,
            conditionOf(inputs),
          ),
        }),
      };
    case 'policy':
      return {
        what: `A sample of the noise${asked}: the policy rolled out in ${nfe} network calls.`,
        inputs: noise,
        run: (sampleable, inputs) => ({
          sample: rolledOut(kindOf(sampleable, 'policy'), inputs['noise']!, nfe, conditionOf(inputs)),
        }),
      };
    case 'features':
      return {
        what: 'The features of x, one vector for each image, and the logits of the classes that it tells apart.',
        inputs: { x: { shape: [batch, ...sampleShape] } },
        run(sampleable, inputs) {
          const features = kindOf(sampleable, 'features');
          const logits = features.logits?.(inputs['x']!);
          return { vector: features.vector(inputs['x']!), ...(logits && { logits }) };
        },
      };
  }
}

function rolledOut(policy: Policy, noise: Tensor, nfe: number, condition: Condition | undefined): Tensor {
  const batch = noise.shape[0]!;
  const substeps = Math.max(1, Math.round(ROLL_OUT_SUBSTEPS / nfe));
  let x = noise;
  for (const { from, to } of segmentsOf(nfe)) {
    const [begin, end] = [tf.fill([batch], from) as Tensor1D, tf.fill([batch], to) as Tensor1D];
    x = policySegment(policy, x, begin, end, { records: 1, substeps, condition })[0]!;
  }
  return x;
}

function conditionOf({ label }: Tensors): Condition | undefined {
  return label === undefined ? undefined : { label: tf.cast(label, 'float32') as Tensor1D };
}
