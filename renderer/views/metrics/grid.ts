/** Narrowest and lowest place of one chart with its texts, CSS pixels. */
const smallest = { width: 340, height: 236 };
const tallest = 460;
/** Width of a chart to its height that reads best. */
const aspect = 1.75;

/** Columns of equal charts and the height of each place, so that all are as large as the room allows. */
export function gridFor(
  count: number,
  room: { width: number; height: number },
): { columns: number; height: number } {
  const most = Math.max(1, Math.min(count, Math.floor(room.width / smallest.width)));
  let best = { columns: most, height: smallest.height };
  let bestSize = 0;
  for (let columns = 1; columns <= most; columns += 1) {
    const height = Math.floor(room.height / Math.ceil(count / columns));
    // Charts that do not fit are scrolled, in as many columns as there is room for.
    if (height < smallest.height) continue;
    const size = Math.min(room.width / columns, height * aspect);
    if (size > bestSize) {
      bestSize = size;
      best = { columns, height: Math.min(tallest, height) };
    }
  }
  return best;
}
