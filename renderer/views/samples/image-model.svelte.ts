import { untrack } from 'svelte';
import type { RunSummary } from '#contract/runs.ts';
import type { ViewRequest } from '#contract/frames.ts';
import { atlasOf } from '../../scene/atlas.ts';
import { signedMap } from '../../scene/density-colours.ts';
import type { TileLook } from '../../scene/tile-pixels.ts';
import type { CellAsk } from '../../state/comparison.svelte.ts';
import type { PaneScope } from '../../state/pane.svelte.ts';
import { isActive } from '../../state/runs.svelte.ts';
import { useLiveView } from '../../state/use-live-view.svelte.ts';
import type { Workbench } from '../../state/workbench.svelte.ts';
import type { Theme } from '../../theme/theme.svelte.ts';
import { formatCount } from '../../ui/format.ts';
import { askableOf, askedOf } from '../asked.ts';
import { budgetOf, hasBudget, hasSampler } from '../budget.ts';
import { isCostly } from '../costly.ts';
import { noiseDimOf } from '../noise.ts';
import type { ImageSettings } from './image-settings.svelte.ts';
import { besideEachOther, differenceRange, mostSamples, sectionsOf } from './tile-sources.ts';
import type { TileSource } from './tile-sources.ts';

/** Evaluations that are put beside each other. */
const budgets = [1, 2, 4, 8] as const;
const countByDefault = { run: 64, model: 16 };

interface Inputs {
  readonly workbench: Workbench;
  readonly scope: PaneScope;
  readonly settings: ImageSettings;
  readonly theme: Theme;
}

/** What the grid of images asks for, and what becomes of it; to be made while a component is made. */
export class ImageModel {
  readonly #workbench: Workbench;
  readonly #scope: PaneScope;
  readonly #settings: ImageSettings;
  readonly #theme: Theme;

  readonly produces = $derived.by(() => this.#scope.method?.produces);
  readonly askable = $derived.by(() => askableOf(this.#scope.run, this.#scope.method));
  readonly classes = $derived.by(() => this.askable.classes);
  /** What they are called; undefined where they have no names. */
  readonly classNames = $derived.by(() => {
    const { run } = this.#scope;
    return run === null ? undefined : this.#workbench.catalog.classNames(run);
  });
  /** [H, W, C] */
  readonly shape = $derived.by(() => this.#scope.run?.sampleShape ?? []);
  readonly channels = $derived.by(() => this.shape[2] ?? 1);
  /** Whether it has a teacher to be held against. */
  readonly learns = $derived.by(() => this.#scope.method?.needsTeacher ?? false);
  readonly decoders = $derived.by(() =>
    this.#workbench.models.list.filter(
      ({ config }) => config.network === 'autoencoder-kl' && config.latentChannels === this.channels,
    ),
  );
  readonly decoder = $derived.by(
    () => this.decoders.find(({ id }) => id === this.#settings.decoder)?.id ?? null,
  );
  readonly nfe = $derived.by(() => budgetOf(this.#settings, this.produces));
  readonly isByClass = $derived.by(() => this.#settings.isByClass && this.classes > 0);

  /** What takes the same noise beside the samples, as far as this run can have it. */
  readonly beside = $derived.by(() => {
    const { beside } = this.#settings;
    if (beside === 'teacher') return this.learns ? beside : 'none';
    if (beside === 'budgets') return hasBudget(this.produces) ? beside : 'none';
    return beside === 'none' || this.others.some(({ id }) => id === beside) ? beside : 'none';
  });
  readonly #sources = $derived.by(() =>
    this.beside === 'none' ? 1 : this.beside === 'budgets' ? budgets.length : 3,
  );
  /** How many samples can be asked for. */
  readonly most = $derived.by(() => mostSamples(this.shape, this.#sources));
  readonly count = $derived.by(() => {
    const { count } = this.#settings;
    const isModel = this.#workbench.models.get(this.#scope.run?.id ?? null) !== null;
    const chosen = Math.min(this.most, count ?? countByDefault[isModel ? 'model' : 'run']);
    // A row of every class needs one sample at least.
    return this.isByClass ? Math.max(this.classes, chosen) : chosen;
  });
  /** Trained runs of the same shape whose sample i starts from the same noise. */
  readonly others = $derived.by((): RunSummary[] => {
    const { runs, catalog } = this.#workbench;
    const { run } = this.#scope;
    const numbers = this.shape.reduce((product, each) => product * each, 1);
    return [...runs.list, ...runs.demos].filter((other) => {
      const method = catalog.method(other.config.method);
      if (method === null || other.id === run?.id || other.step === 0) return false;
      if (!method.views.includes('samples')) return false;
      if (JSON.stringify(other.sampleShape) !== JSON.stringify(this.shape)) return false;
      if (this.isByClass && other.classes !== this.classes) return false;
      const noiseDim = noiseDimOf(other, method);
      return noiseDim === null || noiseDim === numbers;
    });
  });

  /** What all requests for samples of this run say alike. */
  readonly asked = $derived.by(() => {
    const { sampler, guided, guidanceHigh, wanted } = this.#settings;
    const classAsked = askedOf(this.askable, this.isByClass ? { ...wanted, label: null } : wanted);
    const hasInterval = 'guidance' in classAsked && this.produces === 'velocity';
    return {
      sampler,
      nfe: this.nfe,
      ...classAsked,
      ...(hasInterval && guided === 'three' && this.channels > 3 ? { guidanceChannels: 3 } : {}),
      ...(hasInterval && guidanceHigh < 1 ? { guidanceHigh } : {}),
    };
  });
  readonly #wanted = $derived.by((): ViewRequest | null => {
    if (this.#scope.method === null) return null;
    return {
      kind: 'samples',
      count: this.count,
      seed: this.#settings.seed,
      ...this.asked,
      ...(this.isByClass ? { byClass: true } : {}),
      ...(this.beside === 'teacher' ? { withTeacher: true } : {}),
      ...(this.decoder === null ? {} : { decoder: this.decoder }),
    };
  });
  readonly key = $derived.by(() => JSON.stringify([this.#scope.run?.id, this.#wanted]));
  /** A large network is asked for when a person says so, and not because a list was clicked. */
  readonly isHeld = $derived.by(
    () =>
      isCostly(this.#workbench.models.get(this.#scope.run?.id ?? null), this.count, this.nfe) &&
      this.#settings.granted !== this.key,
  );
  readonly view = useLiveView(() => (this.isHeld ? null : this.#wanted));

  readonly sections = $derived.by(() =>
    this.view.frame === null ? [] : sectionsOf(this.view.frame, this.isByClass),
  );
  readonly plain = $derived.by((): TileLook => ({ kind: 'plain', channel: this.#settings.channel }));
  readonly signed = $derived.by((): TileLook => ({
    kind: 'signed',
    channel: this.#settings.channel,
    colours: signedMap(this.#theme.paint),
    range: differenceRange(this.channels),
  }));

  readonly #asks = $derived.by((): CellAsk[] => {
    const { beside } = this;
    const { run } = this.#scope;
    const frame = this.view.frame;
    if (run === null || frame === null || this.isHeld) return [];
    if (beside === 'budgets') {
      return budgets.filter((nfe) => nfe !== this.nfe).map((nfe) => this.#askOf(run, nfe));
    }
    const other = this.others.find(({ id }) => id === beside);
    return other === undefined ? [] : [this.#askOf(other, this.#nfeOf(other))];
  });

  /** Rows of the same noise, the first the highest. */
  readonly sources = $derived.by((): TileSource[] => {
    const { frame } = this.view;
    const points = frame?.arrays['points'];
    if (frame === null || points === undefined) return [];
    const { beside, plain } = this;
    const name = this.#scope.run?.name ?? 'samples';
    const own: TileSource = {
      title: name,
      note: `${formatCount(frame.nfe)} NFE`,
      values: points,
      look: plain,
    };
    const signed = this.signed;
    if (beside === 'teacher') {
      const values = frame.arrays['teacher'] ?? null;
      const note = values === null ? { note: 'computing' } : {};
      return besideEachOther({ title: 'Teacher', ...note, values, look: plain }, own, signed);
    }
    if (beside === 'budgets') {
      return budgets.map((nfe) => {
        if (nfe === this.nfe) return { title: `${nfe} NFE`, values: points, look: plain };
        const ask = this.#asks.find((each) => each.nfe === nfe);
        const { values, note } = this.#found(ask, frame.count);
        return { title: `${nfe} NFE`, ...(values === null ? { note } : {}), values, look: plain };
      });
    }
    const other = this.others.find(({ id }) => id === beside);
    if (other !== undefined) {
      const reference = { title: other.name, ...this.#found(this.#asks[0], frame.count), look: plain };
      return besideEachOther(reference, own, signed);
    }
    return [{ ...own, values: frame.arrays['images'] ?? points }];
  });
  /** Of the tiles: that of the images where latents are decoded. */
  readonly tile = $derived.by(() => {
    const { frame } = this.view;
    const isDecoded = this.beside === 'none' && frame?.arrays['images'] !== undefined;
    const [height = 1, width = 1, channels = 1] = (isDecoded ? frame?.imageShape : null) ?? this.shape;
    return { height, width, channels };
  });
  readonly atlas = $derived.by(() => {
    const { frame } = this.view;
    if (frame === null || this.sources.length === 0) return null;
    return atlasOf(this.sources, frame.count, this.tile);
  });

  constructor({ workbench, scope, settings, theme }: Inputs) {
    this.#workbench = workbench;
    this.#scope = scope;
    this.#settings = settings;
    this.#theme = theme;
    const { comparison } = settings;
    const wanted = $derived(JSON.stringify(this.#asks));
    $effect(() => {
      const { client } = workbench.connection;
      void wanted;
      untrack(() => comparison.want(client, this.#asks));
    });
    $effect(() => () => comparison.want(null, []));
  }

  #nfeOf(other: RunSummary): number {
    const { produces } = this.#workbench.catalog.method(other.config.method) ?? {};
    return budgetOf(this.#settings, produces);
  }

  #askOf(run: RunSummary, nfe: number): CellAsk {
    const {
      sampler,
      nfe: _,
      guidance,
      guidanceHigh,
      guidanceChannels,
      ...asked
    } = {
      guidance: undefined,
      guidanceHigh: undefined,
      guidanceChannels: undefined,
      ...this.asked,
    };
    const isAskable = run.classes === this.classes;
    const method = this.#workbench.catalog.method(run.config.method);
    const isGuided = isAskable && guidance !== undefined && askableOf(run, method).isGuidable;
    const hasInterval = isGuided && method?.produces === 'velocity';
    return {
      run: run.id,
      // A run that trains is shown as it was when it was asked: its rows would change under the eye.
      step: isActive(run.status) ? -1 : run.step,
      nfe,
      count: this.count,
      seed: this.#settings.seed,
      ...(isAskable ? asked : {}),
      ...(isGuided ? { guidance } : {}),
      withTeacher: false,
      further: {
        ...(hasSampler(method?.produces) ? { sampler } : {}),
        ...(isAskable && this.isByClass ? { byClass: true } : {}),
        ...(hasInterval && guidanceHigh !== undefined ? { guidanceHigh } : {}),
        ...(hasInterval && guidanceChannels !== undefined ? { guidanceChannels } : {}),
      },
    };
  }

  #found(ask: CellAsk | undefined, count: number): { values: Float32Array | null; note: string } {
    const cell = ask === undefined ? null : this.#settings.comparison.get(ask);
    if (cell === null) return { values: null, note: 'computing' };
    if (cell.kind === 'error') {
      const isBudget = cell.error.code === 'sampler/wrong-nfe';
      return { values: null, note: isBudget ? 'not possible' : cell.error.message };
    }
    const { frame } = cell;
    if (frame.count !== count) return { values: null, note: 'computing' };
    return {
      values: frame.arrays['points'] ?? null,
      note: `${formatCount(frame.nfe)} NFE, step ${formatCount(frame.step)}`,
    };
  }
}
