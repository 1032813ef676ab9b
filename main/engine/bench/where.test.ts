import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { referenceExecutor } from '../../tensor/executors/tfjs.ts';
import type { Profile } from './profile.ts';
import { onDevice, onProcessor, whereTimeGoes } from './where.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const profile: Profile = {
  runMs: 10,
  uploadMs: 1,
  callsMs: 3,
  onHost: [{ name: 'MatMul', ms: 2 }],
  onDevice: [
    { name: 'MatMul', ms: 5 },
    { name: 'Exp', ms: 1 },
  ],
};

describe('the parts of a step', () => {
  it('on a device are upload, what the host does without waiting, kernels and readback', () => {
    expect(onDevice(profile, 10.5, 0.25, 'A card')).toMatchObject({
      uploadMs: 1,
      // The calls, and the half millisecond around ONNX Runtime.
      dispatchMs: 3.5,
      kernelsMs: 6,
      readbackMs: 0.25,
      notMeasured: null,
    });
  });

  it('on a device that keeps no times have no kernels, and the reason', () => {
    const where = onDevice({ ...profile, onDevice: [] }, 10.5, 0.25, 'A card');
    expect(where).toMatchObject({ uploadMs: 1, dispatchMs: 3.5, kernelsMs: null, kernels: [] });
    expect(where.notMeasured).toContain('no times of A card');
  });

  it('on the processor are kernels and the rest', () => {
    expect(onProcessor(profile, 10.5)).toMatchObject({
      uploadMs: null,
      dispatchMs: 8.5,
      kernelsMs: 2,
      readbackMs: null,
    });
  });
});

describe('where the time of a workload goes', () => {
  it('is found from the profile of its steps, of which no file stays', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'fewstep-where-'));
    vi.spyOn(os, 'tmpdir').mockReturnValue(folder);
    const where = await whereTimeGoes('mlp-16x8', ortCpuExecutor(1), 3);
    expect(where.kernels.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Gemm', 'Sigmoid', 'Sqrt']),
    );
    expect(where.kernels.map(({ ms }) => ms)).toEqual(
      where.kernels.map(({ ms }) => ms).toSorted((a, b) => b - a),
    );
    expect(where.kernelsMs).toBeGreaterThan(0);
    expect(where.profiledMsPerStep).toBeGreaterThan(0);
    expect(readdirSync(folder)).toEqual([]);
    rmdirSync(folder);
  });

  it('is not known of an executor that keeps no profile, and that is said', async () => {
    await expect(whereTimeGoes('mlp-16x8', referenceExecutor(), 3)).rejects.toThrow(
      '--where: expected executor ort-cpu or ort-webgpu, for others keep no profile, found reference',
    );
  });
});
