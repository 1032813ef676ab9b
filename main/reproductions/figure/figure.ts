/** The figure of a report, as a paper would show it, for white paper. */
import type { Figure, Picture, Results } from '../reproduction.ts';
import type { Report } from '../report.ts';
import { armsPlot } from './arms.ts';
import { curvesPlot } from './curves.ts';
import { page } from './frame.ts';
import { pathsPlot } from './paths.ts';

/**
 * @param picture  of a figure of paths, null for others
 * @returns a whole SVG document, with the report in its metadata
 */
export function figureOf(report: Report, figure: Figure, picture: Picture | null): string {
  switch (figure.kind) {
    case 'arms':
      return page(report, armsPlot(report, figure));
    case 'curves':
      return page(report, curvesPlot(figure.curves(resultsOf(report)), figure));
    case 'paths':
      return page(report, pathsPlot(picture ?? { sets: [] }, figure));
  }
}

/** The measures of a report as they were measured, one after another. */
function resultsOf({ measured, seeds }: Report): Results {
  return Object.fromEntries(
    Object.entries(measured).map(([arm, measures]) => [
      arm,
      seeds.map((_, i) =>
        Object.fromEntries(Object.entries(measures).map(([name, { values }]) => [name, values[i]!])),
      ),
    ]),
  );
}
