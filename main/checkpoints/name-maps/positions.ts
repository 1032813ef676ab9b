const BASE = 10000;

/**
 * The fixed table of positions of DiT, MAE and their descendants (Peebles and Xie 2023, after He et al.
 * 2022): the first half of the channels encodes the column, the second the row, and each half is
 * `[sin(i w), cos(i w)]` with `w_k = 10000^(-k / (width / 4))`, computed in float64.
 *
 * @param side  tokens in a row  @param width  channels, a multiple of 4
 * @returns  [side * side, width], tokens row by row
 */
export function sinCosPositions(side: number, width: number): Float32Array<ArrayBuffer> {
  const quarter = width / 4;
  const out = new Float32Array(side * side * width);
  const line = Float32Array.from({ length: side * 2 * quarter }, (_, at) => {
    const [place, channel] = [Math.floor(at / (2 * quarter)), at % (2 * quarter)];
    const angle = place * BASE ** (-(channel % quarter) / quarter);
    return channel < quarter ? Math.sin(angle) : Math.cos(angle);
  });
  const half = 2 * quarter;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const token = (row * side + column) * width;
      out.set(line.subarray(column * half, (column + 1) * half), token);
      out.set(line.subarray(row * half, (row + 1) * half), token + half);
    }
  }
  return out;
}
