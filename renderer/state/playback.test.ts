import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Playback, stepSize } from './playback.svelte.ts';

fc.configureGlobal({ seed: 20261122 });

describe('Playback', () => {
  it('never leaves [0, 1], whatever is done to it', () => {
    const action = fc.oneof(
      fc.record({
        kind: fc.constant('advance' as const),
        value: fc.double({ min: 0, max: 10, noNaN: true }),
      }),
      fc.record({ kind: fc.constant('seek' as const), value: fc.double() }),
      fc.record({ kind: fc.constant('toggle' as const), value: fc.constant(0) }),
      fc.record({ kind: fc.constant('step' as const), value: fc.integer({ min: -1, max: 1 }) }),
    );
    fc.assert(
      fc.property(fc.array(action), (actions) => {
        const playback = new Playback();
        for (const { kind, value } of actions) {
          if (kind === 'advance') playback.advance(value);
          else if (kind === 'seek') playback.seek(value);
          else if (kind === 'toggle') playback.toggle();
          else if (value > 0) playback.stepTowardsData();
          else playback.stepTowardsNoise();
          expect(playback.t).toBeGreaterThanOrEqual(0);
          expect(playback.t).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('plays from noise to data, rests there, and begins again', () => {
    const playback = new Playback();
    playback.play();
    expect(playback.t).toBe(1);
    playback.advance(2);
    expect(playback.t).toBeCloseTo(0.5);
    playback.advance(100);
    expect(playback.t).toBe(0);
    expect(playback.isPlaying).toBe(true);
    playback.advance(0.1);
    expect(playback.t).toBe(0);
    playback.advance(2);
    expect(playback.t).toBe(1);
  });

  it('stops at data when it plays once', () => {
    const playback = new Playback();
    playback.play({ loops: false });
    playback.advance(100);
    expect(playback.t).toBe(0);
    expect(playback.isPlaying).toBe(false);
  });

  it('stops when a person sets the time', () => {
    const playback = new Playback();
    playback.play();
    playback.seek(0.25);
    playback.advance(1);
    expect(playback.t).toBe(0.25);
    playback.stepTowardsNoise();
    expect(playback.t).toBe(0.25 + stepSize);
  });
});
