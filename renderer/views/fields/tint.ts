import { componentGroups, magnitudeLevels } from './components.ts';
import type { FieldSet, PartId } from './field-set.ts';
import { lengthsOf } from './vectors.ts';

/** A group of colours for every particle, see components.ts. */
export interface Tint {
  readonly groups: Float32Array;
  /** Of a policy; null where the colours are those of a magnitude. */
  readonly components: number | null;
}

/**
 * What the dots of some particles tell by their colours: the heaviest component, or how long the residual
 * is; null where they tell nothing.
 *
 * @param longest  residual at the upper end of the colours
 */
export function tintOf(
  { weights, vectors }: FieldSet,
  shown: PartId | 'weights' | null,
  longest: number,
): Tint | null {
  if (shown === 'weights' && weights !== null) {
    const { values, components } = weights;
    return { groups: componentGroups(values, components), components };
  }
  if (shown !== 'residual' || vectors.residual === undefined) return null;
  const perLevel = magnitudeLevels / Math.max(1e-12, longest);
  const groups = lengthsOf(vectors.residual, 2).map((length) =>
    Math.min(magnitudeLevels, Math.round(length * perLevel)),
  );
  return { groups, components: null };
}

/** Below this weight everywhere a component has no region worth drawing. */
const leastWeight = 0.05;

/** Where on a grid each component of a policy counts, flat [side * side]. */
export function regionsOf({ weights, count }: FieldSet): { component: number; values: Float32Array }[] {
  if (weights === null) return [];
  const { values, components } = weights;
  return Array.from({ length: components }, (_, component) => ({
    component,
    values: Float32Array.from({ length: count }, (_, i) => values[i * components + component] ?? 0),
  })).filter(({ values: each }) => each.some((weight) => weight > leastWeight));
}
