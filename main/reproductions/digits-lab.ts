/** Networks of the digits experiments, by the settings: a teacher of a seed, and students of it. */
import { createHash } from 'node:crypto';
import { type Digits, askedLabels, digitsWith } from './digits-data.ts';
import type { DigitsSettings, EncoderName, Recipe, StudentName } from './digits-settings.ts';
import { type Drawn, drawSamples } from './draw.ts';
import type { Lab } from './lab.ts';
import { methodById } from '../methods/index.ts';
import type { Size } from './reproduction.ts';
import type { Trained } from './trained.ts';

interface Wanted {
  readonly seed: number;
  /** On top of those of the settings. */
  readonly params?: Readonly<Record<string, unknown>>;
}

interface Sampling {
  readonly seed: number;
  /** That of the seed if left out. */
  readonly noise?: ArrayLike<number>;
  readonly steps: number;
  readonly sampler?: 'euler' | 'heun';
  readonly teacher?: Trained | null;
}

/** A lab with the settings of one size. */
export class DigitsLab {
  readonly digits: Digits;
  /** Samples of every arm. */
  readonly count: number;
  private readonly lab: Lab;
  private readonly settings: DigitsSettings;
  private readonly size: 'full' | 'quick';

  constructor(lab: Lab, settings: DigitsSettings, { isQuick }: Size) {
    this.lab = lab;
    this.settings = settings;
    this.size = isQuick ? 'quick' : 'full';
    this.digits = digitsWith(settings.holdout);
    this.count = settings.count[this.size];
  }

  /** Trained once for all arms of a seed, in other reproductions too. */
  teacher(seed: number): Promise<Trained> {
    return this.trained('teacher', this.settings.teacher[this.size], null, { seed });
  }

  /**
   * A student of the teacher of its seed, where it learns from one. By the settings alone it is trained once
   * for all that ask for it, in other reproductions too.
   */
  async student(name: StudentName, wanted: Wanted): Promise<Trained> {
    const recipe = this.settings.students[name][this.size];
    const teacher = methodById(recipe.method).needsTeacher ? await this.teacher(wanted.seed) : null;
    return this.trained(name, recipe, teacher, wanted);
  }

  /** That learns in features of an encoder. */
  drifting(encoder: Trained, seed: number): Promise<Trained> {
    return this.trained('drifting', this.settings.featureDrifting[this.size], null, { seed }, encoder);
  }

  encoder(name: EncoderName, seed: number): Promise<Trained> {
    return this.trained(name, this.settings.encoders[name][this.size], null, { seed });
  }

  /** By any recipe, with a teacher or without. */
  private async trained(
    name: string,
    recipe: Recipe,
    from: Trained | null,
    { seed, params }: Wanted,
    encoder: Trained | null = null,
  ): Promise<Trained> {
    const experiment = {
      ...recipe,
      params: { ...recipe.params, ...params },
      source: this.digits.source,
      seed,
      ...(from === null ? {} : { from }),
      ...(encoder === null ? {} : { encoder }),
    };
    if (params !== undefined || encoder !== null) return this.lab.train(experiment);
    const { holdout, teacher } = this.settings;
    const depends = { recipe, holdout, teacher: from === null ? null : teacher[this.size] };
    const hash = createHash('sha256').update(JSON.stringify(depends)).digest('hex').slice(0, 12);
    return this.lab.trainOnce(`${name} seed ${seed} ${hash}`, experiment);
  }

  /** Classes that all arms of a seed ask for. */
  labels(seed: number): Float32Array {
    return askedLabels(this.digits, this.count, seed);
  }

  /** {@link count} samples, of {@link labels} where it can be asked for classes. */
  draw(trained: Trained, { seed, noise, ...asked }: Sampling): Promise<Drawn> {
    return drawSamples(this.lab, trained, {
      noise: noise ?? trained.noise(this.count, seed),
      labels: trained.classes > 0 ? this.labels(seed) : null,
      seed,
      ...asked,
    });
  }
}
