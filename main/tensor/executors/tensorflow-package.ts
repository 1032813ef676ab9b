/**
 * Loads the kernels of `@tensorflow/tfjs-node-gpu` without its binary. Its entry would look for the addon
 * in its own folder and bring a second TensorFlow.js with it, which would register gradients over ours
 * and another backend for browsers; so only the backend and the kernels are loaded, and where they ask for
 * TensorFlow.js they get the one that runs already.
 */
import nodeModule, { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';

const NAME = '@tensorflow/tfjs-node-gpu';
const fromHere = createRequire(import.meta.url);

/** What of the addon's interface is used here. */
export interface Binding {
  isUsingGpuDevice(): boolean;
  readonly TF_Version: string;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
}

interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** The package's backend, as far as kernels of ours use it. */
export interface NodeBackend extends tf.KernelBackend {
  readonly binding: Binding;
  executeSingleOutput(op: string, attributes: OpAttribute[], inputs: tf.TensorInfo[]): tf.TensorInfo;
}

export type TypeAttribute = (name: string, dtype: string) => OpAttribute;

interface BackendModule {
  readonly NodeJSKernelBackend: new (binding: Binding, packageName: string) => NodeBackend;
  readonly createTensorsTypeOpAttr: TypeAttribute;
}

const KEY = Symbol.for('fewstep.tensorflow.core');

/** What the package's files get where they ask for these. */
const STAND_INS: Readonly<Record<string, string>> = {
  '@tensorflow/tfjs': `module.exports = globalThis[Symbol.for('${KEY.description!}')]`,
  '@tensorflow/tfjs-core': `module.exports = globalThis[Symbol.for('${KEY.description!}')]`,
  // Node 23 took these out.
  util: 'module.exports = { isNullOrUndefined: (x) => x === null || x === undefined, isArray: Array.isArray }',
};

/** The package calls it as a function, which a class of a bundle cannot be. */
function CallableBackend(): void {}
CallableBackend.prototype = tf.KernelBackend.prototype;

const SCHEME = 'fewstep-stand-in:';

/** Loads the package's backend and registers its kernels. @throws WorkbenchError `engine/no-executor` */
export function loadPackage(): BackendModule {
  let own: string;
  try {
    own = fromHere.resolve(`${NAME}/package.json`).replace(/package\.json$/, '');
  } catch (error) {
    throw new WorkbenchError(
      'engine/no-executor',
      `The optional package ${NAME} is not part of this installation; install Fewstep with optional packages (npm install, without --omit=optional).`,
      { package: NAME },
      { cause: error },
    );
  }
  if ((nodeModule as { registerHooks?: unknown }).registerHooks === undefined) {
    throw new WorkbenchError(
      'engine/no-executor',
      `TensorFlow needs Node 22.15 or later, and this is ${process.versions.node}.`,
    );
  }
  (globalThis as Record<symbol, unknown>)[KEY] = { ...tf, KernelBackend: CallableBackend };
  const asUrl = new URL(`file://${own.replaceAll('\\', '/')}`).pathname;
  const hooks = nodeModule.registerHooks({
    resolve(specifier, context, next) {
      const isOwn = context.parentURL?.includes(asUrl) === true;
      return isOwn && Object.hasOwn(STAND_INS, specifier)
        ? { url: SCHEME + specifier, format: 'commonjs', shortCircuit: true }
        : next(specifier, context);
    },
    load(url, context, next) {
      return url.startsWith(SCHEME)
        ? { format: 'commonjs', source: STAND_INS[url.slice(SCHEME.length)]!, shortCircuit: true }
        : next(url, context);
    },
  });
  try {
    const backend = fromHere(`${own}dist/nodejs_kernel_backend.js`) as BackendModule;
    fromHere(`${own}dist/register_all_kernels.js`);
    return backend;
  } finally {
    hooks.deregister();
  }
}

/** An addon by its path; its libraries are found as it says itself. */
export function loadAddon(file: string): Binding {
  return fromHere(file) as Binding;
}
