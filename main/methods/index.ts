/** The registry: a method is its folder and one line here. */
import type { z } from 'zod';
import { WorkbenchError } from '#contract/errors.ts';
import { parseFields } from '#contract/parse.ts';
import { consistency } from './baselines/consistency/index.ts';
import { dmd } from './baselines/dmd/index.ts';
import { flowMapDistillation } from './baselines/flow-map-distillation/index.ts';
import { meanflow } from './baselines/meanflow/index.ts';
import { drifting } from './drifting/index.ts';
import { encoder } from './encoder/index.ts';
import { freeflow } from './freeflow/index.ts';
import type { Method } from './method.ts';
import { piflow } from './piflow/index.ts';
import { teacher } from './teacher/index.ts';

export const methods: readonly Method[] = [
  teacher,
  freeflow,
  piflow,
  drifting,
  flowMapDistillation,
  meanflow,
  consistency,
  dmd,
  encoder,
];

/** @throws WorkbenchError `method/unknown` naming what there is */
export function methodById(id: string): Method {
  const method = methods.find((candidate) => candidate.id === id);
  if (method !== undefined) return method;
  const known = methods.map((candidate) => candidate.id);
  throw new WorkbenchError('method/unknown', `method: expected one of ${known.join(', ')}, found "${id}"`, {
    field: 'method',
    known,
  });
}

/**
 * Parameters with defaults filled in, those of images where samples are.
 * @param of  what samples are; points if left out
 * @throws WorkbenchError `config/...` naming the field
 */
export function parseMethodParams(method: Method, raw: unknown, of?: SamplesOf): z.output<Method['params']> {
  const isImage = of?.sampleShape.length === 3;
  const standard = isImage ? imageDefaultsOf(method, of.classes) : {};
  const isRecord = typeof raw === 'object' && raw !== null && !Array.isArray(raw);
  return parseFields(method.params.strict(), isRecord ? { ...standard, ...raw } : raw, 'params');
}

interface SamplesOf {
  readonly sampleShape: readonly number[];
  /** 0 where there are none. */
  readonly classes: number;
}

/** Without classes there is nothing to be conditional on. */
function imageDefaultsOf({ imageDefaults = {} }: Method, classes: number): Record<string, unknown> {
  const { conditional, ...others } = imageDefaults as Record<string, unknown>;
  return classes > 0 && conditional !== undefined ? { conditional, ...others } : others;
}
