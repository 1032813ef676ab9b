import { pngFromSvg } from '../../export/raster.ts';
import { figureSvg } from '../../plot/figure-svg.ts';
import { ChartPainter } from '../../plot/picture.ts';
import type { ExportArray } from '../../state/panes.svelte.ts';
import type { Paint } from '../../theme/paint.ts';
import { formatCount, formatNumber } from '../../ui/format.ts';
import { matrixSvg, svgStacked } from './figure.ts';
import type { FigureCell, FigureRow } from './figure.ts';
import { marksOf } from './marks.ts';
import type { CellPicture } from './marks.ts';
import type { CellState, CompareModel } from './model.svelte.ts';
import type { Pictures } from './pictures.ts';
import { estimatesOf, seeds } from './quality-curves.ts';
import type { QualityModel } from './quality-model.svelte.ts';
import { inRowsOf } from './rows.ts';
import type { CompareSettings } from './settings.svelte.ts';
import { cameraOf } from './sight.ts';
import { tilesImage } from './tile-cells.ts';
import type { TilePicture } from './tile-cells.ts';

interface Sources {
  readonly model: CompareModel;
  readonly quality: QualityModel;
  readonly settings: CompareSettings;
  readonly pictures: Pictures;
  readonly paint: () => Paint;
}

/** Side of a cell in a figure, CSS pixels. */
const figureSidePx = 180;

/** What the compare view gives to files: the matrix with the chart below it, and all numbers. */
export function compareExport(sources: Sources): {
  arrays: () => ExportArray[];
  svg: () => string;
  png: () => Promise<Blob>;
} {
  const svg = (): string => figureOf(sources);
  return { svg, png: () => pngFromSvg(svg()), arrays: () => arraysOf(sources) };
}

function figureOf({ model, quality, settings, pictures, paint: paintOf }: Sources): string {
  const paint = paintOf();
  const camera = cameraOf(settings.sight ?? model.wholeSight, figureSidePx);
  const drawn = (picture: CellPicture | null): FigureCell['marks'] =>
    picture === null ? [] : marksOf(picture, camera, figureSidePx);
  const columns = settings.nfes.map((nfe) => `${formatCount(nfe)} NFE`);
  const tiled = (picture: TilePicture | null): string | null =>
    picture === null ? null : tilesImage(picture, figureSidePx);
  const references = inRowsOf(model.references, columns.length).map((line): FigureRow => ({
    name: 'References',
    colour: null,
    cells: line.map((reference) => ({
      marks: drawn(pictures.ofReference(reference, paint)),
      image: tiled(pictures.tilesOfReference(reference)),
      text: `${reference.kind === 'data' ? 'Data' : 'Teacher'}: ${reference.title}`,
      state: null,
    })),
  }));
  const rows = model.rows.map((row, index): FigureRow => ({
    name: row.run.name,
    colour: paint.css(row.colour),
    cells: (model.cells[index] ?? []).map((cell) => ({
      marks: drawn(pictures.ofCell(row, cell, paint)),
      image: tiled(pictures.tilesOfCell(row, cell, paint)),
      text: cell.kind === 'samples' && cell.difference ? `rms ${formatNumber(cell.difference.rms)}` : null,
      state: stateText(cell),
    })),
  }));
  const { against } = model;
  const whom = against.kind === 'run' ? against.row.run.name : 'the teacher';
  const colour =
    model.largest > 0 ? `; colour: distance to ${whom}, 0 to ${formatNumber(model.largest)}` : '';
  const note = `${formatCount(settings.count)} samples, noise of seed ${settings.seed}${colour}`;
  const matrix = matrixSvg({ columns, rows: [...references, ...rows], sidePx: figureSidePx, note, paint });
  const chart = chartOf(quality, settings, paint);
  return chart === null ? matrix : svgStacked([matrix, chart], paint.css('--surface-stage'));
}

function stateText(cell: CellState): string | null {
  if (cell.kind === 'samples') return null;
  if (cell.kind === 'oneStep') return 'one step only';
  return cell.kind === 'error' ? 'not computed' : 'not computed yet';
}

function chartOf(
  { metric, lines, yKind }: QualityModel,
  settings: CompareSettings,
  paint: Paint,
): string | null {
  if (metric === null || lines.length === 0) return null;
  const picture = (size: { width: number; height: number }) =>
    new ChartPainter().picture(lines, {
      title: metric.title,
      xTitle: 'Network evaluations per sample (NFE)',
      x: 'log2',
      y: yKind,
      smoothing: 0,
      window: settings.nfeWindow.range,
      ...size,
    });
  const note = `Mean and 2 standard errors over ${seeds} seeds, ${formatCount(settings.quality.count)} samples each.`;
  return figureSvg([{ hint: `${metric.betterWhen} is better`, picture }], paint, { note });
}

/** Samples of every cell, where teachers take the same noise, and what was measured. */
function arraysOf({ model, quality, settings }: Sources): ExportArray[] {
  const arrays: ExportArray[] = [];
  const names = namesOf(model.rows.map(({ run }) => run));
  model.rows.forEach(({ run }, index) => {
    (model.cells[index] ?? []).forEach((cell, column) => {
      if (cell.kind !== 'samples') return;
      const name = `${names.get(run.id) ?? run.id} nfe ${settings.nfes[column] ?? ''}`;
      const shape = [cell.frame.count, cell.frame.dim];
      arrays.push({ name, shape, values: cell.points });
      const { difference } = cell;
      if (difference !== null) {
        arrays.push({ name: `${name} distance`, shape: [cell.frame.count], values: difference.lengths });
      }
    });
  });
  for (const { title, kind, dim, points } of model.references) {
    if (points !== null)
      arrays.push({ name: `${kind} ${title}`, shape: [points.length / dim, dim], values: points });
  }
  const { metric } = quality;
  if (metric !== null) {
    for (const { name, measured } of quality.runs) {
      const estimates = estimatesOf(measured?.results ?? [], metric.id);
      if (estimates.length === 0) continue;
      const values = Float64Array.from(
        estimates.flatMap(({ nfe, mean, error }) => [nfe, mean, error ?? NaN]),
      );
      arrays.push({ name: `${metric.id} ${name} (nfe, mean, 2 se)`, shape: [estimates.length, 3], values });
    }
  }
  return arrays;
}

/** Names that tell runs apart. */
function namesOf(runs: readonly { id: string; name: string }[]): Map<string, string> {
  const isShared = (name: string): boolean => runs.filter((run) => run.name === name).length > 1;
  return new Map(runs.map(({ id, name }) => [id, isShared(name) ? `${name} ${id}` : name]));
}
