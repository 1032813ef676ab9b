/** `runs.evaluate`: points against fresh ones, images in a feature space against real ones. */
import path from 'node:path';
import type { FeatureSpaceEntry } from '#contract/evaluation.ts';
import { type WarningSink, WorkbenchError } from '#contract/errors.ts';
import type { CallOutput, CallParsed, CancelSignal } from '#contract/workbench.ts';
import type { LoadedModel } from '../sampling/models.ts';
import { imageQuality } from './evaluate-images.ts';
import { fullQuality } from './evaluate.ts';
import { FeatureSpaces, type SpaceSources } from './feature-spaces.ts';
import { PIXELS } from './features.ts';
import { ReferenceShelf } from './reference.ts';

type Request = Omit<CallParsed<'runs.evaluate'>, 'run'>;

export class Measuring {
  private readonly spaces: FeatureSpaces;
  private readonly references: ReferenceShelf;

  /** @param root  the data folder */
  constructor(root: string, sources: SpaceSources, warn: WarningSink) {
    this.spaces = new FeatureSpaces(sources);
    this.references = new ReferenceShelf(path.join(root, 'cache', 'reference'), warn);
  }

  spacesOf(shape: readonly number[] | undefined): FeatureSpaceEntry[] {
    return shape?.length === 3 ? this.spaces.list(shape) : [];
  }

  /** @throws WorkbenchError `model/no-data`, `model/makes-no-samples`, `config/...`, `sampler/...` */
  async evaluate(
    loaded: LoadedModel,
    request: Request,
    signal: CancelSignal,
  ): Promise<CallOutput<'runs.evaluate'>> {
    const { plan, model, state } = loaded;
    if (plan.method.produces === 'features') {
      throw new WorkbenchError(
        'model/makes-no-samples',
        `run: expected one that makes samples, found one of ${plan.method.title}`,
        { field: 'run' },
      );
    }
    const { nfe, search, space, reference, classes, ...rest } = request;
    if (plan.sampleShape.length === 3) {
      const chosen = await this.spaces.get(space, plan.sampleShape);
      return imageQuality(loaded, { ...request, search }, chosen, this.references, signal);
    }
    refuse('space', space === PIXELS ? undefined : space);
    refuse('reference', reference);
    refuse('classes', classes === 'reference' ? undefined : classes);
    const results = [];
    for (const budget of nfe) {
      results.push(await fullQuality(plan, model, state, { ...rest, nfe: budget, signal }, search));
    }
    return { results };
  }

  dispose(): Promise<void> {
    return this.spaces.dispose();
  }
}

/** Of points: they are compared as they are, with fresh ones of their law. */
function refuse(field: string, found: string | undefined): void {
  if (found === undefined) return;
  throw new WorkbenchError(
    'config/wrong-value',
    `${field}: expected nothing, for only images have a choice of it, found ${JSON.stringify(found)}`,
    { field },
  );
}
