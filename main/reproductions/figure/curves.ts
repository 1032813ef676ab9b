/** Measures against what was varied, one line an arm, with two standard errors at each place. */
import { figureColours } from '#contract/reproductions.ts';
import type { Curve, CurvesFigure } from '../reproduction.ts';
import { LABEL, MARGIN, type Plot, WIDTH, legend, line, text } from './frame.ts';
import { scaleOf } from './scale.ts';
import { textWidth, tickText } from './text.ts';

const HEIGHT = 300;
/** Most places of which each is given its tick. */
const MOST_PLACES = 12;
const dashes = ['', '7 4', '2 3', '9 3 2 3'];

export function curvesPlot(curves: readonly Curve[], figure: CurvesFigure): Plot {
  const { soft, grid } = figureColours;
  const points = curves.flatMap((each) => each.points).filter(({ x, mean }) => Number.isFinite(x + mean));
  const names = legend(
    curves.map(({ name }, i) => ({
      name,
      mark: (x: number, y: number) => stroke(`M${x} ${y}H${x + 22}`, i) + marker(x + 11, y, i),
    })),
    0,
  );
  const top = names.height + 6;
  const bottom = top + HEIGHT;
  const reach = points.flatMap(({ mean, error }) => {
    const ends = [mean, mean - 2 * error, mean + 2 * error].filter(Number.isFinite);
    return figure.y.log ? ends.filter((end) => end > 0) : ends;
  });
  const y = scaleOf(reach, {
    log: figure.y.log,
    from: bottom,
    to: top,
    isVertical: true,
    labelSize: 11,
    fromZero: true,
  });
  const left = MARGIN + 24 + Math.max(...y.ticks.map((tick) => textWidth(tickText(tick), 11))) + 6;
  const right = WIDTH - MARGIN - 8;
  const places = [...new Set(points.map((point) => point.x))].sort((a, b) => a - b);
  const x = scaleOf(places, {
    log: figure.x.log,
    from: left,
    to: right,
    labelSize: 11,
    ...(places.length <= MOST_PLACES ? { wanted: places } : {}),
  });
  const axes = [
    ...y.ticks.flatMap((tick) => [
      line(left, y.at(tick), right, y.at(tick), grid),
      text(left - 6, y.at(tick) + 4, tickText(tick), { anchor: 'end', size: 11, colour: soft }),
    ]),
    ...x.ticks.flatMap((tick) => [
      line(x.at(tick), bottom, x.at(tick), bottom + 4, soft),
      text(x.at(tick), bottom + 18, tickText(tick), { anchor: 'middle', size: 11, colour: soft }),
    ]),
    line(left, bottom, right, bottom, soft),
    text((left + right) / 2, bottom + 38, axisTitle(figure.x.label, x.isLog), { anchor: 'middle' }),
    text(MARGIN + LABEL, (top + bottom) / 2, axisTitle(figure.y.label, y.isLog), {
      anchor: 'middle',
      turned: -90,
    }),
  ];
  const drawn = curves.flatMap(({ points: all }, i) => {
    const shown = all.filter((point) => Number.isFinite(point.x + point.mean));
    const places = shown.map((point): [number, number] => [x.at(point.x), y.at(point.mean)]);
    const bars = shown.flatMap(({ x: place, mean, error }) =>
      error > 0
        ? [line(x.at(place), y.at(mean - 2 * error), x.at(place), y.at(mean + 2 * error), colour(i), 1.2)]
        : [],
    );
    const path = places.length > 1 ? [stroke(`M${places.map((each) => each.join(' ')).join('L')}`, i)] : [];
    return [...bars, ...path, ...places.map(([px, py]) => marker(px, py, i))];
  });
  return {
    height: bottom + 46,
    marks: [...names.marks, ...axes, ...drawn],
    reading: `${figure.title}: points are means over seeds, bars two standard errors of them.`,
  };
}

function axisTitle(label: string, isLog: boolean): string {
  return isLog ? `${label} (log scale)` : label;
}

function colour(index: number): string {
  return figureColours.data[index % figureColours.data.length]!;
}

function stroke(path: string, index: number): string {
  const dash = dashes[Math.floor(index / figureColours.data.length) % dashes.length]!;
  const pattern = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
  return `<path d="${path}" fill="none" stroke="${colour(index)}" stroke-width="1.8" stroke-linejoin="round"${pattern}/>`;
}

/** Curves differ in the shape of their points too, for print without colour. */
function marker(x: number, y: number, index: number): string {
  const fill = `class="point" fill="${colour(index)}"`;
  switch (index % 4) {
    case 0:
      return `<circle cx="${x}" cy="${y}" r="3.6" ${fill}/>`;
    case 1:
      return `<path d="M${x - 3.4} ${y - 3.4}h6.8v6.8h-6.8z" ${fill}/>`;
    case 2:
      return `<path d="M${x} ${y - 4.6}l4.4 7.8h-8.8z" ${fill}/>`;
    default:
      return `<path d="M${x} ${y - 4.8}l4.8 4.8l-4.8 4.8l-4.8 -4.8z" ${fill}/>`;
  }
}
