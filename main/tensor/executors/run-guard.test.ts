import { describe, expect, it } from 'vitest';
import { wireErrorFrom } from '#contract/errors.ts';
import { deviceFailure } from './device-errors.ts';
import { type DeviceHealth, type GuardLimits, RunGuard } from './run-guard.ts';

function healthy(watch: DeviceHealth['watch'] = null): DeviceHealth & { failures: number } {
  const health = {
    failure: null,
    failures: 0,
    watch,
    onFailure() {
      health.failures++;
    },
  };
  return health;
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => wireErrorFrom(error).code,
  );
const failing = (message: string) => () => Promise.reject(new Error(message));

describe('what devices say when they fail', () => {
  // In the words of ONNX Runtime, Dawn, Vulkan, Direct3D 12 and Metal.
  it.each([
    ['engine/device-lost', 'WebGPU device lost (1): vkQueueSubmit failed with VK_ERROR_DEVICE_LOST'],
    ['engine/device-lost', 'Failed to map the buffer: [Device] is lost.'],
    ['engine/device-lost', 'D3D12 device removed reason: DXGI_ERROR_DEVICE_REMOVED (0x887A0005)'],
    ['engine/device-lost', 'A valid external Instance reference no longer exists.'],
    ['engine/device-hung', 'D3D12 reset: DXGI_ERROR_DEVICE_HUNG'],
    ['engine/device-hung', 'Failed to wait for the operation:3'],
    ['engine/device-hung', 'Execution of the command buffer was aborted due to an error: Timed out'],
    [
      'engine/out-of-memory',
      'WebGPU device error(3): vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY',
    ],
    ['engine/out-of-memory', 'CreateBuffer: E_OUTOFMEMORY, out of memory'],
    [
      'engine/out-of-memory',
      'WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.',
    ],
    ['engine/out-of-memory', 'Too many storage buffers in shader. Current: 21, Max is 12'],
  ])('%s: %s', (code, message) => {
    const failure = deviceFailure(new Error(message))!;
    expect(failure.code).toBe(code);
    expect(failure.detail).toEqual({ found: message });
  });

  it('is told apart from what is no fault of the device', () => {
    expect(deviceFailure(new RangeError('program input x: expected 3 elements, found 2'))).toBeNull();
    expect(deviceFailure(new Error('Non-zero status code returned while running Split node.'))).toBeNull();
  });
});

describe('a guarded run', () => {
  it('hands on what it makes, and errors that are not the device’s', async () => {
    const guard = new RunGuard(healthy());
    expect(await guard.run(() => Promise.resolve(7))).toBe(7);
    await expect(guard.run(failing('expected a number'))).rejects.toThrow('expected a number');
    expect(await guard.run(() => Promise.resolve(8))).toBe(8);
  });

  it('asks nothing more of a device that is lost, whichever program asks', async () => {
    const health = healthy();
    expect(await codeOf(new RunGuard(health).run(failing('VK_ERROR_DEVICE_LOST')))).toBe(
      'engine/device-lost',
    );
    let asked = false;
    const other = new RunGuard(health).run(() => {
      asked = true;
      return Promise.resolve();
    });
    expect(await codeOf(other)).toBe('engine/device-lost');
    expect([asked, health.failures]).toEqual([false, 1]);
  });

  it('goes on after memory ran out, for something smaller may fit', async () => {
    const guard = new RunGuard(healthy());
    expect(await codeOf(guard.run(failing('out of memory')))).toBe('engine/out-of-memory');
    expect(await guard.run(() => Promise.resolve('fits'))).toBe('fits');
  });

  it('gives up on a device that does not answer, and for good', async () => {
    const limits: GuardLimits = { leastMs: 20, times: 100 };
    const guard = new RunGuard(healthy(), limits);
    expect(await codeOf(guard.run(() => new Promise(() => undefined)))).toBe('engine/device-hung');
    expect(await codeOf(guard.run(() => Promise.resolve()))).toBe('engine/device-hung');
  });

  it('waits a hundred times as long as runs take, and two minutes at least', async () => {
    const limits: number[] = [];
    const watch = (limitMs: number) => {
      limits.push(limitMs);
      return () => undefined;
    };
    const usual = new RunGuard(healthy(watch));
    await usual.run(() => Promise.resolve());
    const slow = new RunGuard(healthy(watch), { leastMs: 0.001, times: 1e6 });
    await slow.run(() => Promise.resolve()).catch(() => undefined);
    await slow.run(() => new Promise((resolve) => setTimeout(resolve, 2))).catch(() => undefined);
    expect(limits[0]).toBe(120_000);
    expect(limits[1]).toBe(0.001);
  });

  it('calls the watch off whatever becomes of the run', async () => {
    let pending = 0;
    const guard = new RunGuard(
      healthy(() => {
        pending++;
        return () => void pending--;
      }),
    );
    await guard.run(() => Promise.resolve());
    await guard.run(failing('out of memory')).catch(() => undefined);
    expect(pending).toBe(0);
  });
});
