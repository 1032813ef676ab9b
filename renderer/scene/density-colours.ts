import type { LinearRgb } from '../theme/oklch.ts';
import type { Paint } from '../theme/paint.ts';
import { colourMapBetween, colourMapSize, magnitudeMap } from './colour-maps.ts';
import type { ColourMap } from './colour-maps.ts';
import { pathColours } from './path-colours.ts';
import type { PathColours } from './path-colours.ts';

/** Made once for every paint: a stage takes another array for other colours and sends it again. */
const made = new WeakMap<Paint, Map<string, ColourMap>>();

function once(paint: Paint, name: string, make: () => ColourMap): ColourMap {
  let maps = made.get(paint);
  if (maps === undefined) {
    maps = new Map();
    made.set(paint, maps);
  }
  let map = maps.get(name);
  if (map === undefined) {
    map = make();
    maps.set(name, map);
  }
  return map;
}

/** For magnitude, on lines and arrows. */
export function magnitudesOf(paint: Paint): ColourMap {
  return once(paint, 'magnitude', () => magnitudeMap(paint.scheme));
}

/**
 * For magnitude as a ground that is drawn on: from the stage's own colour to the middle of the ramp,
 * so that neutral ink can be read on all of it.
 */
export function groundMap(paint: Paint): ColourMap {
  return once(paint, 'ground', () =>
    fadedIn(colourMapBetween(paint.colour('--surface-stage'), ...along(paint, [0.2, 0.4, 0.6])), 0),
  );
}

/**
 * For signed quantities: cool below zero, the ground at zero, warm above. Blue and orange stay apart
 * under red- and green-blindness.
 */
export function signedMap(paint: Paint): ColourMap {
  return once(paint, 'signed', () =>
    fadedIn(
      colourMapBetween(
        paint.colour('--data-repel'),
        paint.colour('--surface-stage'),
        paint.colour('--data-attract'),
      ),
      0.5,
    ),
  );
}

/** For a density alone: from the stage's own colour through all of the magnitude ramp. */
export function densityMap(paint: Paint): ColourMap {
  return once(paint, 'density', () =>
    fadedIn(colourMapBetween(paint.colour('--surface-stage'), ...along(paint, [0.25, 0.5, 0.75, 1])), 0),
  );
}

/** Colours of the magnitude ramp. */
function along(paint: Paint, shares: readonly number[]): LinearRgb[] {
  const ramp = magnitudesOf(paint);
  return shares.map((share) => {
    const at = 4 * Math.round(share * (colourMapSize - 1));
    return [ramp[at] ?? 0, ramp[at + 1] ?? 0, ramp[at + 2] ?? 0];
  });
}

/** Transparent where the value is nothing, so that what lies below is seen; opaque a little away from it. */
function fadedIn(map: ColourMap, zero: number): ColourMap {
  for (let i = 0; i < colourMapSize; i += 1) {
    const away = Math.abs(i / (colourMapSize - 1) - zero);
    map[4 * i + 3] = Math.min(1, away / opaqueFrom);
  }
  return map;
}

const opaqueFrom = 0.1;

/** For one density among others: nothing at zero, and ever more of one colour. */
export function coverMap(paint: Paint, token: string): ColourMap {
  return once(paint, `cover ${token}`, () => {
    const map = new Float32Array(colourMapSize * 4);
    const colour = paint.colour(token);
    for (let i = 0; i < colourMapSize; i += 1) {
      // The square root lets thin parts be seen: perceived lightness goes like it.
      map.set([...colour, 0.85 * Math.sqrt(i / (colourMapSize - 1))], 4 * i);
    }
    return map;
  });
}

/** One colour for all values. */
export function plainMap(paint: Paint, token: string): ColourMap {
  return once(paint, `plain ${token}`, () => {
    const colour = paint.colour(token);
    return colourMapBetween(colour, colour);
  });
}

/** From data (t = 0) to noise (t = 1). */
export function timeMap(paint: Paint): ColourMap {
  return once(paint, 'time', () =>
    colourMapBetween(paint.colour('--data-data'), paint.colour('--data-noise')),
  );
}

/** Tokens that tell modes apart; after the last they begin again. */
const modeTokens = [
  '--run-blue',
  '--run-orange',
  '--run-sky',
  '--run-vermillion',
  '--run-yellow',
  '--run-purple',
] as const;

/** The colour token of a mode; what lies outside all modes is grey like noise. */
export function modeToken(mode: number): string {
  return mode < 0 ? '--data-noise' : (modeTokens[mode % modeTokens.length] ?? '--ink');
}

/** Points in the colours of their modes. */
export function modeColours(paint: Paint): PathColours {
  return once(paint, 'modes', () =>
    pathColours({
      time: timeMap(paint),
      speed: magnitudesOf(paint),
      groups: modeTokens.map((token) => paint.colour(token)),
      none: paint.colour(modeToken(-1)),
      flat: paint.colour('--ink'),
    }),
  );
}
