import { describe, expect, it, vi } from 'vitest';
import { FakeEngine } from '../testing/fake-engine.ts';
import { Connection, retryDelayMs } from './connection.svelte.ts';

describe('Connection', () => {
  it('connects, says so when the wire is lost, and comes back by itself with another client', async () => {
    const engine = new FakeEngine();
    const connection = new Connection(engine.open);
    const stop = connection.start();
    await vi.waitUntil(() => connection.status === 'connected');
    expect(connection.engine?.device).toBe('a test');
    const first = connection.client;

    engine.drop('a test took the wire away');
    await vi.waitUntil(() => connection.status === 'disconnected');
    expect(connection.client).toBeNull();
    expect(connection.lostBecause).toBe('a test took the wire away');
    expect(connection.engine?.device).toBe('a test');
    await expect(connection.call('catalog.get', {})).rejects.toMatchObject({ code: 'rpc/disconnected' });

    await vi.waitUntil(() => connection.status === 'connected', { timeout: 10_000 });
    expect(connection.client).not.toBe(first);
    expect(connection.lostBecause).toBeNull();
    stop();
  });

  it('does not come back once it was stopped', async () => {
    const engine = new FakeEngine();
    const open = vi.fn(engine.open);
    const connection = new Connection(open);
    const stop = connection.start();
    await vi.waitUntil(() => connection.status === 'connected');
    vi.useFakeTimers();
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    vi.useRealTimers();
    expect(open).toHaveBeenCalledTimes(1);
  });

  it('waits longer from failure to failure, up to a limit', () => {
    const delays = [1, 2, 3, 4, 5, 6, 20].map(retryDelayMs);
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
  });
});
