import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const MODULE = new URL('hang-watch.ts', import.meta.url).href;

/** What becomes of a process that blocks its thread for `blockMs` under a watch of 200 ms. */
function blocked(blockMs: number) {
  const script = `
    const { hangWatch } = await import(${JSON.stringify(MODULE)});
    const callOff = hangWatch('The device hung (engine/device-hung)', 20)(200);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${blockMs});
    callOff();
    await new Promise((resolve) => setTimeout(resolve, 600));
    console.log('went on');
  `;
  const { signal, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 50_000,
  });
  return { signal, stdout, stderr: stderr.replace(/\(node:\d+\)[^]*?trace-warnings[^]*?\n/g, '') };
}

it('ends a process whose thread is stuck, after saying why', () => {
  const { signal, stdout, stderr } = blocked(40_000);
  expect({ signal, stdout }).toEqual({ signal: 'SIGKILL', stdout: '' });
  expect(stderr).toContain('The device hung (engine/device-hung)\n');
});

it('leaves alone one that goes on in time', () => {
  expect(blocked(1)).toEqual({ signal: null, stdout: 'went on\n', stderr: '' });
});
