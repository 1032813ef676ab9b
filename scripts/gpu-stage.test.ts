import { afterEach, expect, it, vi } from 'vitest';
import { gpuStage } from './gpu-stage.mjs';

afterEach(() => vi.unstubAllEnvs());

it('says aloud that it tested nothing, and why', async () => {
  vi.stubEnv('FEWSTEP_VULKAN', 'none');
  expect(await gpuStage()).toEqual({
    passed: 0,
    failed: 0,
    skipped: [{ name: 'gpu', reason: 'FEWSTEP_VULKAN=none' }],
    output: '',
    note: 'no Vulkan device, nothing was tested',
  });
});

it('fails for a driver that is named and not there', async () => {
  vi.stubEnv('FEWSTEP_VULKAN', '/nowhere/icd.json');
  await expect(gpuStage()).rejects.toThrow('FEWSTEP_VULKAN names no file: /nowhere/icd.json');
});
