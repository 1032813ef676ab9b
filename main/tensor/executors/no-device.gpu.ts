/** A machine without a graphics driver, which is what a driver that is not there makes of this one. */
import { expect, it } from 'vitest';
import { WorkbenchError } from '#contract/errors.ts';
import { ortWebGpuExecutor } from './webgpu.ts';

it('is told in plain words that there is no device', async (context) => {
  if (process.platform !== 'linux') return context.skip('only the Vulkan loader is told by the environment');
  // Read when the first device is looked for, which in this process is now.
  process.env['VK_ICD_FILENAMES'] = '/nowhere.json';
  process.env['VK_DRIVER_FILES'] = '/nowhere.json';
  const error = await ortWebGpuExecutor().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WorkbenchError);
  expect((error as WorkbenchError).code).toBe('engine/no-executor');
  expect((error as WorkbenchError).message).toMatch(
    /^No WebGPU device was found: a graphics driver with Vulkan, Metal or Direct3D 12 is needed/,
  );
});
