/** A Markdown table in aligned columns, as Prettier has it. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = titles.map((title, i) =>
    Math.max(3, title.length, ...rows.map((cells) => cells[i]!.length)),
  );
  const line = (cells: readonly string[], fill: string): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!, fill)).join(' | ')} |`;
  const rule = line(
    titles.map(() => ''),
    '-',
  );
  return [line(titles, ' '), rule, ...rows.map((cells) => line(cells, ' '))];
}
