/**
 * Kernels in place of those of the package that read the device back, take no integers where TensorFlow.js
 * does, or leave an attribute out.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend, TypeAttribute } from './tensorflow-package.ts';
import { type Attributes, type Inputs, type OwnKernel, windowKernels } from './tensorflow-windows.ts';

const isFloat = ({ dtype }: tf.Tensor): boolean => dtype === 'float32';

/** A test for special floats; integers pass it as floats. */
const floatTest: OwnKernel = ({ x }, attrs, original) =>
  original({ x: isFloat(x!) ? x! : tf.cast(x!, 'float32') }, attrs);

const KERNELS: Readonly<Record<string, OwnKernel>> = {
  ...windowKernels,
  IsNan: floatTest,
  IsInf: floatTest,
  IsFinite: floatTest,
  Prelu: ({ x, alpha }) => tf.where(tf.less(x!, 0), tf.mul(x!, alpha!), x!),
  Step: ({ x }, attrs, original) => {
    if (isFloat(x!)) return original({ x: x! }, attrs);
    return tf.cast(original({ x: tf.cast(x!, 'float32') }, attrs), x!.dtype);
  },
  Select: ({ condition, t, e }, attrs, original) => {
    const dtype = tf.upcastType(t!.dtype, e!.dtype);
    const as = (x: tf.Tensor): tf.Tensor => (x.dtype === dtype ? x : tf.cast(x, dtype));
    return original({ condition: condition!, t: as(t!), e: as(e!) }, attrs);
  },
};

/** @param typeOf  the package's own maker of type attributes */
export function registerOwnKernels(backendName: string, typeOf: TypeAttribute): void {
  const register = (kernelName: string, kernelFunc: tf.KernelFunc): void => {
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({ kernelName, backendName, kernelFunc });
  };

  for (const [kernelName, own] of Object.entries(KERNELS)) {
    const { kernelFunc } = tf.getKernel(kernelName, backendName);
    register(kernelName, ({ inputs, attrs, backend }) =>
      tf.tidy(() =>
        own(inputs as Inputs, (attrs ?? {}) as Attributes, (otherInputs, otherAttrs) => {
          const call = { inputs: otherInputs, attrs: otherAttrs as tf.NamedAttrMap, backend };
          return kernelFunc(call) as tf.Tensor;
        }),
      ),
    );
  }

  // The package's reads all indices back to check them, which waits for the device at every call.
  register('GatherV2', ({ inputs, attrs, backend }) => {
    const { x, indices } = inputs as Inputs;
    const { binding, executeSingleOutput } = backend as NodeBackend;
    const { axis = 0, batchDims = 0 } = attrs as { axis?: number; batchDims?: number };
    const at = tf.scalar(axis, 'int32');
    const attributes = [
      { name: 'batch_dims', type: binding.TF_ATTR_INT, value: batchDims },
      typeOf('Tparams', x!.dtype),
      typeOf('Tindices', indices!.dtype),
      typeOf('Taxis', 'int32'),
    ];
    const picked = executeSingleOutput.call(backend, 'GatherV2', attributes, [x!, indices!, at]);
    at.dispose();
    return picked;
  });

  // The package's forget where pixels are centred.
  for (const kernelName of ['ResizeBilinearGrad', 'ResizeNearestNeighborGrad']) {
    register(kernelName, ({ inputs, attrs, backend }) => {
      const { images, dy } = inputs as Inputs;
      const { binding, executeSingleOutput } = backend as NodeBackend;
      const { alignCorners, halfPixelCenters } = attrs as Record<string, boolean | undefined>;
      const attributes = [
        typeOf('T', images!.dtype),
        { name: 'align_corners', type: binding.TF_ATTR_BOOL, value: alignCorners === true },
        { name: 'half_pixel_centers', type: binding.TF_ATTR_BOOL, value: halfPixelCenters === true },
      ];
      // The one asks for the images, the other for their size.
      const isBilinear = kernelName === 'ResizeBilinearGrad';
      const size = isBilinear ? images! : tf.tensor1d(images!.shape.slice(1, 3), 'int32');
      const dx = executeSingleOutput.call(backend, kernelName, attributes, [dy!, size]);
      if (!isBilinear) size.dispose();
      return dx;
    });
  }
}
