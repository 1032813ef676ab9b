import type { PointSet, ViewFrame } from '#contract/frames.ts';
import { densityOf, differenceOf } from '../../scene/density.ts';
import type { PlaneGrid } from '../../scene/density.ts';
import { onPlane } from '../axes.ts';
import { teacherPairsOf } from '../teacher-pairs.ts';
import { modeRows, modesSeen } from './mode-table.ts';
import { contoursHolding } from './sample-layers.ts';
import type { Cloud, SamplePicture } from './sample-layers.ts';
import type { SampleSettings } from './settings.svelte.ts';

interface Inputs {
  settings: SampleSettings;
  frame: () => ViewFrame | null;
  data: () => PointSet | null;
  runColour: () => string;
}

/** Cells of a density and the square they cover: 3.5 holds nearly all of data with unit deviation. */
const densitySide = 224;
const densityExtent = 3.5;

/** What generated points and data say, as a picture; what is costly is done again only for other numbers. */
export class SampleModel {
  readonly #inputs: Inputs;
  #modesSeen = 0;
  #modesOf: string | null = null;

  readonly #needsDensity = $derived.by(() => {
    const { picture, arrangement, hasMarginals } = this.#inputs.settings;
    return picture !== 'points' || arrangement === 'difference' || hasMarginals;
  });
  readonly #generatedPoints = $derived.by(() => {
    const frame = this.#inputs.frame();
    const points = frame?.arrays['points'];
    if (frame === null || points === undefined) return null;
    return onPlane(points, frame.dim, this.#inputs.settings.axes);
  });
  readonly #dataPoints = $derived.by(() => {
    const data = this.#inputs.data();
    return data === null ? null : onPlane(data.values, data.dim, this.#inputs.settings.axes);
  });
  readonly #generatedDensity = $derived.by(() => this.#densityOf(this.#generatedPoints));
  readonly #dataDensity = $derived.by(() => this.#densityOf(this.#dataPoints));

  /** The mode of each generated point, where the data has known modes. */
  readonly modes = $derived.by(() => this.#inputs.frame()?.arrays['modes'] ?? null);
  readonly modeRows = $derived.by(() => {
    const frame = this.#inputs.frame();
    const { modes } = this;
    if (frame === null || modes === null) return [];
    if (this.#modesOf !== frame.run) {
      this.#modesOf = frame.run;
      this.#modesSeen = 0;
    }
    this.#modesSeen = modesSeen(modes, this.#modesSeen);
    return modeRows(modes, this.#modesSeen);
  });

  readonly #difference = $derived.by(() => {
    const [generated, data] = [this.#generatedDensity, this.#dataDensity];
    if (this.#inputs.settings.arrangement !== 'difference' || generated === null || data === null)
      return null;
    return differenceOf(generated, data);
  });
  readonly #contours = $derived.by(() => {
    const { picture, arrangement } = this.#inputs.settings;
    const density = this.#generatedDensity;
    if (picture === 'points' || arrangement !== 'overlaid' || density === null) return null;
    return contoursHolding(density);
  });

  readonly #teacher = $derived.by(() => {
    const pairs = teacherPairsOf(this.#inputs.frame());
    if (pairs === null) return null;
    return { pairs, positions: onPlane(pairs.positions, pairs.dim, this.#inputs.settings.axes) };
  });

  readonly picture = $derived.by((): SamplePicture => {
    const { settings } = this.#inputs;
    const { picture, arrangement, generatedOpacity, dataOpacity } = settings;
    const modes = settings.colourBy === 'mode' ? this.modes : null;
    return {
      generated: cloudOf(this.#generatedPoints, modes, this.#generatedDensity),
      data: cloudOf(this.#dataPoints, null, this.#dataDensity),
      difference: this.#difference,
      contours: this.#contours,
      teacher: this.#teacher,
      picture,
      arrangement,
      colour: this.#inputs.runColour(),
      generatedOpacity,
      dataOpacity,
    };
  });

  constructor(inputs: Inputs) {
    this.#inputs = inputs;
  }

  #densityOf(points: Float32Array | null): PlaneGrid | null {
    if (points === null || !this.#needsDensity) return null;
    const { bandwidth } = this.#inputs.settings;
    return densityOf(points, points.length / 2, { side: densitySide, extent: densityExtent, bandwidth });
  }
}

function cloudOf(
  points: Float32Array | null,
  modes: Float32Array | null,
  density: PlaneGrid | null,
): Cloud | null {
  return points === null ? null : { points, modes, density };
}
