import { expect, it } from 'vitest';
import { ortWebGpuExecutor } from '../../tensor/executors/webgpu.ts';
import { whereTimeGoes } from './where.ts';

it('the time of a step on the device has all its parts, or says which has none', async () => {
  const executor = await ortWebGpuExecutor();
  const where = await whereTimeGoes('mlp-16x8', executor, 3);
  expect(where.uploadMs).toBeGreaterThan(0);
  expect(where.dispatchMs).toBeGreaterThan(0);
  expect(where.readbackMs).toBeGreaterThanOrEqual(0);
  if (executor.device.isSoftware || where.notMeasured === null) {
    expect(where.notMeasured).toBeNull();
    expect(where.kernels.map(({ name }) => name)).toContain('Gemm');
    const sum = where.kernels.reduce((total, { ms }) => total + ms, 0);
    expect(where.kernelsMs).toBe(sum);
    expect(sum).toBeGreaterThan(0);
  } else {
    expect(where).toMatchObject({ kernelsMs: null, kernels: [] });
    expect(where.notMeasured).toContain(executor.device.name);
  }
});
