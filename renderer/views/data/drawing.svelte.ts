import { createContext } from 'svelte';
import { pointsFromDensity } from './density-points.ts';
import { extent, Painter, side } from './painter.ts';
import type { Brush } from './painter.ts';

/** Bounds of what a person can set; lengths in units of the canvas, which reaches from -3 to 3. */
export const limits = {
  radius: { least: 0.05, most: 1.5 },
  points: { least: 1000, most: 50_000 },
} as const;

const cellsPerUnit = side / (2 * extent);

/** A distribution that is being painted. It stays while the canvas is left and come back to. */
export class Drawing {
  readonly #painter = new Painter();
  /** Grows whenever the paint changes: the cells themselves are plain. */
  #version = $state(0);
  name = $state('My distribution');
  isEraser = $state(false);
  radius = $state(0.3);
  hardness = $state(0.5);
  density = $state(1);
  count = $state(5000);
  seed = $state(0);
  /** Where the brush is, in units of the canvas, y upwards; null while it is away. */
  cursor = $state.raw<readonly [x: number, y: number] | null>(null);

  readonly points = $derived.by(() => pointsFromDensity(this.cells, this.count, this.seed));
  readonly isEmpty = $derived.by(() => this.points.count === 0);

  /** side x side densities of 0 to 255, row by row from the top. Reading them follows the paint. */
  get cells(): Uint8Array {
    void this.#version;
    return this.#painter.cells;
  }

  get canUndo(): boolean {
    void this.#version;
    return this.#painter.canUndo;
  }

  get canRedo(): boolean {
    void this.#version;
    return this.#painter.canRedo;
  }

  get isPainting(): boolean {
    return this.#painter.isPainting;
  }

  begin(x: number, y: number): void {
    const brush: Brush = {
      isEraser: this.isEraser,
      radius: this.radius * cellsPerUnit,
      hardness: this.hardness,
      density: this.density,
    };
    this.#changed(() => this.#painter.begin(brush, ...cellAt(x, y)));
  }

  lineTo(x: number, y: number): void {
    if (this.isPainting) this.#changed(() => this.#painter.lineTo(...cellAt(x, y)));
  }

  end(): void {
    if (this.isPainting) this.#changed(() => this.#painter.end());
  }

  undo(): void {
    this.#changed(() => this.#painter.undo());
  }

  redo(): void {
    this.#changed(() => this.#painter.redo());
  }

  clear(): void {
    this.#changed(() => this.#painter.clear());
  }

  /** Makes the brush wider or narrower by steps, each a quarter more or less. */
  widen(steps: number): void {
    const { least, most } = limits.radius;
    this.radius = Number(Math.min(most, Math.max(least, this.radius * 1.25 ** steps)).toFixed(2));
  }

  #changed(action: () => void): void {
    action();
    this.#version += 1;
  }
}

/** Canvas units, y upwards, as cells from the top left corner. */
function cellAt(x: number, y: number): [number, number] {
  return [(x + extent) * cellsPerUnit, (extent - y) * cellsPerUnit];
}

const [useDrawing, provideDrawing] = createContext<Drawing>();
export { provideDrawing, useDrawing };
