import type uPlot from 'uplot';
import type { Paint } from '../theme/paint.ts';
import { chartMargin, dashPatterns, fontFamily, tickText } from './frame.ts';
import { joined } from './join.ts';
import type { ChartPicture } from './picture.ts';
import type { ScaleKind } from './scales.ts';

const tickFont = `11px ${fontFamily}`;
const titleFont = `11px ${fontFamily}`;

/**
 * What uPlot needs to draw pictures of one shape: the same lines on the same kinds of axes.
 *
 * @param current  the picture of the moment: ticks and marks are read from it whenever it is drawn
 */
export function uplotOptions(
  current: () => ChartPicture,
  { width, height, paint }: { width: number; height: number; paint: Paint },
): uPlot.Options {
  const picture = current();
  const common: uPlot.Axis = {
    stroke: paint.css('--ink-3'),
    font: tickFont,
    labelFont: titleFont,
    grid: { stroke: paint.css('--grid'), width: 1 },
    ticks: { show: false },
    gap: 5,
    filter: (_, splits) => splits,
  };
  return {
    width,
    height,
    padding: [chartMargin.top, chartMargin.right, 0, 0],
    // The window has a cursor of its own, which all charts of a view share.
    cursor: { show: false },
    legend: { show: false },
    scales: { x: scaleOf(picture.x.kind, true), y: scaleOf(picture.y.kind, false) },
    axes: [
      {
        ...common,
        label: picture.xTitle,
        labelSize: 15,
        labelGap: 0,
        size: chartMargin.bottom - 15,
        splits: () => [...current().x.ticks],
        values: (_, splits) => splits.map((tick) => tickText(tick, current().x.kind)),
      },
      {
        ...common,
        size: chartMargin.left,
        splits: () => [...current().y.ticks],
        values: (_, splits) => splits.map((tick) => tickText(tick, current().y.kind)),
      },
    ],
    series: [
      {},
      ...picture.lines.map((line): uPlot.Series => {
        const colour = paint.css(line.colour);
        return {
          stroke: colour,
          width: line.isRaw ? 1 : 1.5,
          alpha: line.isRaw ? 0.35 : 1,
          dash: [...(dashPatterns[line.dash] ?? [])],
          // Without `show` uPlot marks points where there is room, and those that stand alone.
          points: line.hasMarks ? { show: true, size: 6, fill: colour } : { size: 5, fill: colour },
        };
      }),
    ],
    hooks: { draw: [(chart) => drawBars(chart, current(), paint)] },
  };
}

/** Puts a picture onto a chart of its shape. */
export function showPicture(chart: uPlot, picture: ChartPicture): void {
  const { x, ys } = joined(picture.lines);
  chart.batch(() => {
    // uPlot takes undefined for a place where other lines have a record; its types leave that out.
    chart.setData([x, ...ys] as uPlot.AlignedData, false);
    chart.setScale('x', { min: picture.x.range.low, max: picture.x.range.high });
    chart.setScale('y', { min: picture.y.range.low, max: picture.y.range.high });
  });
}

function scaleOf(kind: ScaleKind, isX: boolean): uPlot.Scale {
  const plain: uPlot.Scale = {
    auto: false,
    ...(isX ? { time: false } : {}),
    // Exactly what the picture says; uPlot would widen a logarithmic range to whole powers.
    range: (_, low, high) => [low, high],
  };
  return kind === 'linear' ? plain : { ...plain, distr: 3, log: kind === 'log2' ? 2 : 10 };
}

/** Deviations as upright bars with feet. */
function drawBars(chart: uPlot, picture: ChartPicture, paint: Paint): void {
  const { ctx } = chart;
  const unit = ctx.canvas.width / chart.width;
  ctx.save();
  ctx.lineWidth = 1.25 * unit;
  for (const line of picture.lines) {
    ctx.strokeStyle = paint.css(line.colour);
    ctx.beginPath();
    for (const bar of line.bars) {
      const [x, top, bottom] = [
        chart.valToPos(bar.x, 'x', true),
        chart.valToPos(bar.high, 'y', true),
        chart.valToPos(bar.low, 'y', true),
      ];
      ctx.moveTo(x, top);
      ctx.lineTo(x, bottom);
      for (const end of [top, bottom]) {
        ctx.moveTo(x - 3 * unit, end);
        ctx.lineTo(x + 3 * unit, end);
      }
    }
    ctx.stroke();
  }
  ctx.restore();
}
