/** What lies under a pointer. */
export interface Picked {
  /** Of the layer. */
  readonly key: string;
  /** Number of the element in its layer. */
  readonly index: number;
}

/** What a tag of the id picture stands for. */
export interface Tag {
  readonly key: string;
  /** A dot is aimed at, a line is only passed: of two as near the dot is meant. */
  readonly isDot: boolean;
}

/** So many pixels farther may a dot be than a line. */
const dotBonusPx = 3;

/** Four bytes of the id picture: the number, and the tag of its drawing; tag 0 is nothing. */
export function idFrom(pixels: Uint8Array, at: number): { element: number; tag: number } {
  const byte = (i: number): number => pixels[at + i] ?? 0;
  return { element: byte(0) | (byte(1) << 8) | (byte(2) << 16), tag: byte(3) };
}

/**
 * The element nearest to the middle of a square id picture.
 *
 * @param pixels  RGBA, side x side
 * @param tags    what tag 1, 2, ... stand for
 */
export function nearestPicked(pixels: Uint8Array, side: number, tags: readonly Tag[]): Picked | null {
  const middle = (side - 1) / 2;
  let nearest = Infinity;
  let picked: Picked | null = null;
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      const { element, tag } = idFrom(pixels, (row * side + column) * 4);
      const meaning = tags[tag - 1];
      if (meaning === undefined) continue;
      const distance = Math.hypot(row - middle, column - middle) - (meaning.isDot ? dotBonusPx : 0);
      if (distance >= nearest || distance > middle) continue;
      nearest = distance;
      picked = { key: meaning.key, index: element };
    }
  }
  return picked;
}
