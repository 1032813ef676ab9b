/** Cells along one side of the painted square. */
export const side = 256;
/** The square reaches from -extent to extent in both coordinates. */
export const extent = 3;
/** Value of a cell that is painted fully. */
const full = 255;

export interface Brush {
  readonly isEraser: boolean;
  /** Cells. */
  readonly radius: number;
  /** Share of the radius that is painted fully; beyond it the paint fades out. In [0, 1]. */
  readonly hardness: number;
  /** How densely it paints, in (0, 1]; an eraser takes everything. */
  readonly density: number;
}

/** Cells of a rectangle before and after something was done. */
interface Patch {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

const mostUndone = 200;

/**
 * A painted density: `side` x `side` cells of 0 to 255, row by row from the top. Going over the same
 * place twice in one stroke paints it once. A brush never takes paint away and an eraser never adds.
 */
export class Painter {
  readonly cells = new Uint8Array(side * side);
  /** The cells when the stroke began, and how far it has covered each since, 0 to 1. */
  readonly #base = new Uint8Array(side * side);
  readonly #cover = new Float32Array(side * side);
  #brush: Brush | null = null;
  #last: readonly [number, number] | null = null;
  #dirty = emptyBox();
  #done: Patch[] = [];
  #undone: Patch[] = [];

  get isPainting(): boolean {
    return this.#brush !== null;
  }

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  get isEmpty(): boolean {
    return this.cells.every((cell) => cell === 0);
  }

  /** Begins a stroke at a place in cells, (0, 0) being the top left corner. */
  begin(brush: Brush, x: number, y: number): void {
    this.end();
    this.#brush = brush;
    this.#base.set(this.cells);
    this.#cover.fill(0);
    this.#dirty = emptyBox();
    this.#last = [x, y];
    this.#stamp(brush, x, y);
  }

  /** Goes on with the stroke in a straight line. */
  lineTo(x: number, y: number): void {
    const [brush, last] = [this.#brush, this.#last];
    if (brush === null || last === null) return;
    const length = Math.hypot(x - last[0], y - last[1]);
    const stamps = Math.max(1, Math.ceil(length / Math.max(0.5, brush.radius / 4)));
    for (let i = 1; i <= stamps; i += 1) {
      const share = i / stamps;
      this.#stamp(brush, last[0] + share * (x - last[0]), last[1] + share * (y - last[1]));
    }
    this.#last = [x, y];
  }

  /** Ends the stroke: it is one thing to undo. */
  end(): void {
    if (this.#brush === null) return;
    this.#brush = null;
    this.#last = null;
    this.#record(this.#base);
  }

  clear(): void {
    this.end();
    const before = this.cells.slice();
    this.cells.fill(0);
    this.#dirty = { left: 0, top: 0, right: side - 1, bottom: side - 1 };
    this.#record(before);
  }

  undo(): void {
    this.end();
    const patch = this.#done.pop();
    if (patch === undefined) return;
    this.#put(patch, patch.before);
    this.#undone.push(patch);
  }

  redo(): void {
    this.end();
    const patch = this.#undone.pop();
    if (patch === undefined) return;
    this.#put(patch, patch.after);
    this.#done.push(patch);
  }

  #stamp({ radius, hardness, density, isEraser }: Brush, x: number, y: number): void {
    const target = isEraser ? 0 : Math.max(1, Math.round(full * density));
    const left = Math.max(0, Math.floor(x - radius));
    const right = Math.min(side - 1, Math.ceil(x + radius));
    const top = Math.max(0, Math.floor(y - radius));
    const bottom = Math.min(side - 1, Math.ceil(y + radius));
    for (let row = top; row <= bottom; row += 1) {
      for (let column = left; column <= right; column += 1) {
        const away = Math.hypot(column + 0.5 - x, row + 0.5 - y);
        const share = coverAt(away, radius, hardness);
        const cell = row * side + column;
        if (share <= (this.#cover[cell] ?? 1)) continue;
        this.#cover[cell] = share;
        const base = this.#base[cell] ?? 0;
        const painted = Math.round(base + share * (target - base));
        this.cells[cell] = isEraser ? Math.min(base, painted) : Math.max(base, painted);
      }
    }
    this.#dirty = {
      left: Math.min(this.#dirty.left, left),
      top: Math.min(this.#dirty.top, top),
      right: Math.max(this.#dirty.right, right),
      bottom: Math.max(this.#dirty.bottom, bottom),
    };
  }

  /** @param before  all cells before what was done */
  #record(before: Uint8Array): void {
    const { left, top, right, bottom } = this.#dirty;
    if (right < left || bottom < top) return;
    const width = right - left + 1;
    const box = { left, top, width };
    const patch = { ...box, before: cut(before, box, bottom), after: cut(this.cells, box, bottom) };
    if (patch.before.every((cell, i) => cell === patch.after[i])) return;
    this.#done = [...this.#done.slice(1 - mostUndone), patch];
    this.#undone = [];
  }

  #put({ left, top, width }: Patch, cells: Uint8Array): void {
    for (let row = 0; row * width < cells.length; row += 1) {
      this.cells.set(cells.subarray(row * width, (row + 1) * width), (top + row) * side + left);
    }
  }
}

/** 1 in the hard middle, falling smoothly to 0 at the rim. */
function coverAt(away: number, radius: number, hardness: number): number {
  if (away >= radius) return 0;
  const hard = radius * hardness;
  if (away <= hard) return 1;
  const rest = 1 - (away - hard) / (radius - hard);
  return rest * rest * (3 - 2 * rest);
}

function emptyBox(): { left: number; top: number; right: number; bottom: number } {
  return { left: side, top: side, right: -1, bottom: -1 };
}

function cut(
  cells: Uint8Array,
  { left, top, width }: { left: number; top: number; width: number },
  bottom: number,
): Uint8Array {
  const out = new Uint8Array(width * (bottom - top + 1));
  for (let row = top; row <= bottom; row += 1) {
    const from = row * side + left;
    out.set(cells.subarray(from, from + width), (row - top) * width);
  }
  return out;
}
