/// <reference types="vite/client" />
import { colourMapBetween, magnitudeMap } from '../../renderer/scene/colour-maps.ts';
import type { PathsLayer, PointsLayer } from '../../renderer/scene/layers.ts';
import { pathColours } from '../../renderer/scene/path-colours.ts';
import type { ColourBy } from '../../renderer/scene/path-colours.ts';
import type { Picked } from '../../renderer/scene/picking.ts';
import { projectionOf, screenFromWorld } from '../../renderer/scene/projection.ts';
import { samplePosition, samplesInside } from '../../renderer/scene/sample-positions.ts';
import type { Box } from '../../renderer/scene/sample-positions.ts';
import { cameraOf, depthFrom, spaceOf } from '../../renderer/scene/space.ts';
import type { Look } from '../../renderer/scene/space.ts';
import { fastestOf } from '../../renderer/scene/speeds.ts';
import { Stage } from '../../renderer/scene/stage.ts';
import type { StageCounts } from '../../renderer/scene/stage.ts';

/** The scene alone, on made-up paths, as the page's `scene`: what a test asks of it. */
class Harness {
  counts: StageCounts = { frames: 0, uploads: 0, drawCalls: 0, detail: 1, isResting: true };
  readonly events: string[] = [];
  /** Milliseconds of every task that kept the main thread longer than 50. */
  readonly longTasksMs: number[] = [];
  readonly #canvas = document.querySelector('canvas')!;
  readonly #size = { width: innerWidth, height: innerHeight };
  readonly #stage: Stage;
  #target: PointsLayer | null = null;
  #layer: PathsLayer | null = null;
  #look: Look = 'flat';
  #t = 0;

  constructor() {
    this.#stage = new Stage(this.#canvas, {
      onFrame: (counts) => (this.counts = counts),
      onContextLost: () => this.events.push('lost'),
      onContextRestored: () => this.events.push('restored'),
    });
    this.#stage.resize(this.#size, devicePixelRatio);
    this.look('flat');
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.longTasksMs.push(entry.duration);
    }).observe({ entryTypes: ['longtask'] });
  }

  /** Paths from noise around the middle to a ring of eight places, and the points they aim at. */
  show(count: number, records: number): void {
    const { positions, groups, target } = paths(count, records);
    const times = Float32Array.from({ length: records }, (_, k) => 1 - k / (records - 1));
    this.#layer = {
      kind: 'paths',
      key: 'paths',
      positions,
      times,
      groups,
      count,
      dim: 2,
      t: null,
      tail: 1,
      colourBy: 'time',
      colours,
      fastest: fastestOf(positions, times, count, 2),
      headSize: count > 2000 ? 2.5 : 4,
      lineWidth: count > 2000 ? 0 : 1.25,
      opacity: Math.max(0.06, Math.min(0.7, 0.55 * Math.sqrt(300 / count))),
      isSamples: true,
    };
    this.#target = {
      kind: 'points',
      key: 'target',
      points: target,
      count: target.length / 2,
      dim: 2,
      colour: [0.1, 0.5, 0.3],
      size: 3,
      opacity: 0.35,
    };
    this.#stage.show([this.#target, this.#layer]);
  }

  colourBy(colourBy: ColourBy): void {
    this.#change({ colourBy });
  }

  tail(tail: number): void {
    this.#change({ tail });
  }

  look(look: Look): void {
    this.#look = look;
    this.#stage.setSpace(spaceOf(look, 3));
    this.#stage.look(cameraOf(look, 3, this.#size));
  }

  time(t: number): void {
    this.#t = t;
    this.#stage.setTime(t);
  }

  select(samples: readonly number[], hovered: number | null): void {
    this.#stage.emphasise(samples, hovered);
  }

  /** Where the dot of a sample is on the stage, CSS pixels. */
  place(sample: number): [number, number] {
    const space = spaceOf(this.#look, 3);
    const { position, t } = samplePosition(this.#layer!, sample, this.#t);
    const [px, py] = screenFromWorld(
      projectionOf(cameraOf(this.#look, 3, this.#size), this.#size),
      position[0]!,
      position[1]!,
      depthFrom(space, 0, t),
    );
    return [px, py];
  }

  inside(box: Box): number[] {
    const projection = projectionOf(cameraOf(this.#look, 3, this.#size), this.#size);
    return samplesInside([this.#layer!], { projection, space: spaceOf(this.#look, 3), t: this.#t }, box);
  }

  pick(px: number, py: number): Promise<Picked | null> {
    return this.#stage.pick(px, py);
  }

  /** When nothing is left to be sent and drawn, also after the picture has come to rest. */
  async settled(): Promise<void> {
    for (let before = -1; before !== this.counts.frames;) {
      before = this.counts.frames;
      await new Promise((resolve) => setTimeout(resolve, 300));
      while (this.#stage.isBusy) await nextFrame();
    }
  }

  /** When what was asked for last is drawn. */
  async drawn(): Promise<void> {
    const { frames } = this.counts;
    while (this.counts.frames === frames) await nextFrame();
  }

  /** Plays once through sampler time. @returns frames that were drawn */
  async play(ms: number): Promise<number> {
    const { frames } = this.counts;
    const from = performance.now();
    for (let elapsed = 0; elapsed < ms; elapsed = performance.now() - from) {
      this.time(1 - elapsed / ms);
      await nextFrame();
    }
    return this.counts.frames - frames;
  }

  async loseAndRestore(): Promise<void> {
    const lose = this.#canvas.getContext('webgl2')!.getExtension('WEBGL_lose_context')!;
    lose.loseContext();
    while (!this.events.includes('lost')) await nextFrame();
    lose.restoreContext();
    while (!this.events.includes('restored')) await nextFrame();
    await this.settled();
  }

  #change(change: Partial<PathsLayer>): void {
    this.#layer = { ...this.#layer!, ...change };
    this.#stage.show([this.#target!, this.#layer]);
  }
}

const hues: [number, number, number][] = [
  [0.8, 0.3, 0.1],
  [0.1, 0.4, 0.7],
  [0.1, 0.6, 0.4],
  [0.7, 0.3, 0.6],
];
const colours = pathColours({
  time: colourMapBetween([0.3, 0.3, 0.32], [0.75, 0.2, 0.55]),
  speed: magnitudeMap('light'),
  groups: hues,
  none: [0.4, 0.4, 0.4],
  flat: [0.1, 0.1, 0.1],
});

function paths(count: number, records: number) {
  const random = generator(1);
  const positions = new Float32Array(count * records * 2);
  const groups = new Float32Array(count);
  const target = new Float32Array(2000);
  for (let i = 0; i < count; i += 1) {
    const [radius, turn] = [Math.sqrt(-2 * Math.log(1 - random())), 2 * Math.PI * random()];
    const group = Math.floor(random() * 9) - 1;
    const place = ((group + 1) / 9) * 2 * Math.PI;
    const [fromX, fromY] = [radius * Math.cos(turn), radius * Math.sin(turn)];
    const [toX, toY] = [
      2.2 * Math.cos(place) + 0.2 * (random() - 0.5),
      2.2 * Math.sin(place) + 0.2 * (random() - 0.5),
    ];
    groups[i] = group;
    for (let k = 0; k < records; k += 1) {
      const share = k / (records - 1);
      const bend = share * (1 - share);
      positions[(i * records + k) * 2] = fromX + (toX - fromX) * share - bend * fromY;
      positions[(i * records + k) * 2 + 1] = fromY + (toY - fromY) * share + bend * fromX;
    }
    if (i < 1000) target.set([toX, toY], i * 2);
  }
  return { positions, groups, target };
}

/** Numbers in [0, 1), the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function nextFrame(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => resolve()));
}

declare global {
  interface Window {
    scene: Harness;
  }
}
window.scene = new Harness();
