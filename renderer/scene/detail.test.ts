import { describe, expect, it } from 'vitest';
import { Detail } from './detail.ts';

describe('Detail', () => {
  it('draws everything that is small, moving or not', () => {
    const detail = new Detail();
    detail.learn(5000, 1_000_000);
    expect(detail.share('moving', 16_000)).toBe(1);
  });

  it('draws fewer lines on a slow device, and more of them at rest', () => {
    const detail = new Detail();
    // 2 microseconds a line: 640 000 of them take longer than a second.
    detail.learn(1280, 640_000);
    const moving = detail.share('moving', 640_000);
    expect(moving).toBeLessThan(0.1);
    expect(detail.share('resting', 640_000)).toBeGreaterThan(5 * moving);
  });

  it('draws all of them on a fast one', () => {
    const detail = new Detail();
    detail.learn(8, 6_400_000);
    expect(detail.share('moving', 6_400_000)).toBe(1);
  });

  it('is not talked down by a small picture that took long', () => {
    const detail = new Detail();
    const before = detail.share('moving', 1_000_000);
    detail.learn(500, 20_000);
    expect(detail.share('moving', 1_000_000)).toBe(before);
  });
});
