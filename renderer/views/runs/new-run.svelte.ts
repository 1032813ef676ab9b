import { tick, untrack } from 'svelte';
import type { DatasetEntry, JsonSchema, MethodEntry } from '#contract/catalog.ts';
import type { WireError } from '#contract/errors.ts';
import { wireErrorFrom } from '#contract/errors.ts';
import { NO_DATASET } from '#contract/runs.ts';
import type { DatasetChoice, RunConfigInput } from '#contract/runs.ts';
import type { Choice } from '../../form/choices.ts';
import { isOfNetwork, methodSchemaFor, runSchemaFor } from '../../form/for-images.ts';
import type { SamplesOf } from '../../form/for-images.ts';
import { formFromSchema, refusalsFromError } from '../../form/form-state.svelte.ts';
import type { FormState } from '../../form/form-state.svelte.ts';
import type { Field } from '../../form/schema.ts';
import type { Draft } from '../../state/selection.svelte.ts';
import type { Workbench } from '../../state/workbench.svelte.ts';
import { executorChoices, precisionChoices } from './executor-choices.ts';
import { teachersOf } from './status-text.ts';

/** Parts of a run's config that the form shows in ways of their own. */
const shownElsewhere = ['method', 'params', 'dataset', 'teacher', 'encoder'];

/** What the engine calls the exact velocity of data in closed form. */
const analytic = 'analytic';

/** A run to learn from, or the exact velocity. */
export interface TeacherOption {
  readonly id: string;
  readonly title: string;
  /** Whether it was trained on the data that is chosen. */
  readonly fits: boolean;
}

/** A run whose features can be learnt in. */
interface EncoderOption {
  readonly id: string;
  readonly title: string;
}

/** The New run form: what is chosen, the three forms that follow from it, and how it is sent. */
export class NewRunState {
  methodId = $state('');
  datasetId = $state('');
  /** What a person chose to learn from; it counts while it can be had. */
  chosenTeacher = $state<string | null>(null);
  teacherError = $state<string | null>(null);
  /** The run of an encoder that a person chose; null is pixels. */
  chosenEncoder = $state<string | null>(null);
  encoderError = $state<string | null>(null);
  isSubmitting = $state(false);
  /** What is wrong and belongs to no field. */
  error = $state.raw<WireError | null>(null);
  importError = $state.raw<WireError | null>(null);

  readonly #workbench: Workbench;
  readonly #draft: () => Draft;

  readonly methods = $derived.by(() =>
    (this.#workbench.catalog.catalog?.methods ?? []).filter(({ isTrainable }) => isTrainable),
  );
  readonly datasets = $derived.by(() => this.#workbench.catalog.catalog?.datasets ?? []);
  readonly method: MethodEntry | null = $derived.by(() => this.#workbench.catalog.method(this.methodId));
  readonly dataset: DatasetEntry | null = $derived.by(() => this.#workbench.catalog.dataset(this.datasetId));

  /** What a distillation can learn from, those trained on the same data first. */
  readonly teachers: readonly TeacherOption[] = $derived.by(() => {
    if (this.method?.needsTeacher !== true) return [];
    const { runs, catalog, models } = this.#workbench;
    const imported = models.list.filter(({ use }) => use === 'teacher');
    const trained = teachersOf([...runs.list, ...runs.demos], (id) => catalog.method(id));
    const options = trained.map((run) => ({
      id: run.id,
      title: `${run.name}, step ${run.step}`,
      fits: run.config.dataset.id === this.datasetId,
    }));
    const exact = { id: analytic, title: 'Exact velocity of the data', fits: true };
    const all = this.dataset?.analytic === true ? [exact, ...options] : options;
    return [
      ...all.filter(({ fits }) => fits),
      ...imported.map(({ id, name, title }) => ({ id, title: `${name}, ${title}`, fits: true })),
      ...all.filter(({ fits }) => !fits),
    ];
  });
  readonly teacher = $derived.by(
    () => this.teachers.find(({ id }) => id === this.chosenTeacher)?.id ?? this.teachers[0]?.id ?? null,
  );
  /** The imported model that is learnt from: whose data nobody has, so that none can be chosen. */
  readonly importedTeacher = $derived.by(() => {
    const isAsked = this.method?.needsTeacher === true;
    return isAsked ? this.#workbench.models.get(this.teacher) : null;
  });

  /** What samples are: those of an imported teacher, else of the data; classes are the teacher's where there is one. */
  readonly samples: SamplesOf | null = $derived.by(() => {
    const model = this.importedTeacher;
    if (model !== null) {
      const { sampleShape, classes } = model;
      return sampleShape.length === 3 ? { shape: sampleShape, classes } : {};
    }
    if (this.dataset === null) return null;
    const { shape, classes } = this.dataset;
    const taught = this.method?.needsTeacher === true ? this.#workbench.runs.get(this.teacher) : null;
    return { ...(shape && { shape }), classes: taught?.classes ?? classes ?? 0 };
  });

  /** Encoders of samples like those of the data, where the method can learn in their features. */
  readonly encoders: readonly EncoderOption[] = $derived.by(() => {
    const shape = this.samples?.shape;
    if (this.method?.usesEncoder !== true || shape === undefined) return [];
    const { runs, catalog } = this.#workbench;
    return [...runs.list, ...runs.demos]
      .filter(({ config, step }) => step > 0 && catalog.method(config.method)?.produces === 'features')
      .filter(({ sampleShape }) => sampleShape === undefined || String(sampleShape) === String(shape))
      .map(({ id, name, step }) => ({ id, title: `${name}, step ${step}` }));
  });
  readonly encoder = $derived.by(() => this.encoders.find(({ id }) => id === this.chosenEncoder)?.id ?? null);

  // As text, so that the same schema loaded again keeps its form and what was typed there.
  readonly #methodSchema = $derived.by(() =>
    JSON.stringify(this.method === null ? null : methodSchemaFor(this.method, this.samples)),
  );
  readonly #datasetSchema = $derived.by(() => JSON.stringify(this.dataset?.params ?? null));
  readonly #runSchema = $derived.by(() => {
    const { runSchema } = this.#workbench.catalog;
    return JSON.stringify(runSchema === null ? null : runSchemaFor(runSchema, this.samples));
  });
  /** What the form begins with, where it is not the defaults. */
  readonly #start = $derived.by(() => this.#draft().config ?? null);
  readonly methodForm = $derived.by(() =>
    formOf(this.#methodSchema, this.#start?.method === this.methodId ? this.#start.params : undefined),
  );
  readonly datasetForm = $derived.by(() =>
    formOf(
      this.#datasetSchema,
      this.#start?.dataset.id === this.datasetId ? this.#start.dataset.params : undefined,
    ),
  );
  readonly runForm = $derived.by(() => formOf(this.#runSchema, this.#start ?? undefined, shownElsewhere));

  /** Why training cannot be started now; null if it can. */
  readonly refusal = $derived.by(() => {
    if (this.#workbench.connection.status !== 'connected') return 'The engine is not connected';
    if (this.method === null || (this.dataset === null && this.importedTeacher === null)) {
      return 'The engine has not told yet what it can train';
    }
    if (this.method.needsTeacher && this.teacher === null) {
      return `${this.method.title} learns from a teacher: train one first`;
    }
    return null;
  });

  /** Null while a parameter of the data is not valid: there is nothing to show. */
  readonly datasetChoice: DatasetChoice | null = $derived.by(() => {
    if (this.dataset === null || (this.datasetForm?.firstInvalid ?? null) !== null) return null;
    return { id: this.dataset.id, params: this.datasetForm?.values() ?? {} };
  });

  /** @param draft  where the form begins; a new draft begins it again */
  constructor(workbench: Workbench, draft: () => Draft) {
    this.#workbench = workbench;
    this.#draft = draft;
    $effect.pre(() => {
      const { method, dataset } = draft();
      untrack(() => {
        this.methodId = method;
        this.datasetId = dataset;
        this.chosenTeacher = draft().config?.teacher ?? null;
        this.chosenEncoder = draft().config?.encoder ?? null;
        this.encoderError = null;
        this.error = null;
        this.teacherError = null;
      });
    });
    // An engine may not have what the draft names.
    $effect(() => {
      if (this.method === null) this.methodId = this.methods[0]?.id ?? this.methodId;
      if (this.dataset === null && this.datasetId !== NO_DATASET) {
        this.datasetId = this.datasets[0]?.id ?? this.datasetId;
      }
    });
  }

  /** Whether a parameter of the method matters for the data that is chosen. */
  matters(field: Field): boolean {
    const form = this.methodForm;
    return form === null || isOfNetwork(form, field, this.samples?.shape !== undefined);
  }

  /** Of the fields about which the engine knows more than their schema does. */
  choicesOf({ path }: Field): readonly Choice[] | null {
    const state = this.#workbench.engines.shown;
    if (path === 'executor') return executorChoices(state);
    const textOf = (name: string): string => {
      const field = this.runForm?.fields.find((each) => each.path === name);
      return field === undefined ? '' : (this.runForm?.text(field) ?? '');
    };
    if (path !== 'precision') return null;
    return precisionChoices(state, textOf('executor'), textOf(path) === 'float32' ? 'float32' : '');
  }

  async importFile(file: File): Promise<void> {
    this.importError = null;
    try {
      this.datasetId = await this.#workbench.catalog.importPoints(file);
    } catch (error) {
      this.importError = wireErrorFrom(error);
    }
  }

  /** Creates the run and selects it, or shows what is wrong where it is wrong. */
  async submit(element: HTMLFormElement): Promise<void> {
    if (this.refusal !== null) return;
    this.error = null;
    this.teacherError = null;
    this.encoderError = null;
    const forms = [this.datasetForm, this.runForm, this.methodForm];
    if (forms.some((form) => form !== null && form.firstInvalid !== null)) {
      await focusFirstInvalid(element);
      return;
    }
    this.isSubmitting = true;
    try {
      const run = await this.#workbench.runs.create(this.#config());
      this.#workbench.selection.openRun(run.id);
    } catch (error) {
      this.#refuse(wireErrorFrom(error));
      await focusFirstInvalid(element);
    }
    this.isSubmitting = false;
  }

  #config(): RunConfigInput {
    // The schema of the run decides what is in here; the engine parses it.
    return {
      ...this.runForm?.values(),
      method: this.methodId,
      ...(this.method?.needsTeacher === true && this.teacher !== null ? { teacher: this.teacher } : {}),
      ...(this.encoder === null ? {} : { encoder: this.encoder }),
      params: this.methodForm?.values() ?? {},
      dataset:
        this.importedTeacher === null
          ? { id: this.datasetId, params: this.datasetForm?.values() ?? {} }
          : { id: NO_DATASET, params: {} },
    } as RunConfigInput;
  }

  #refuse(error: WireError): void {
    const refusals = refusalsFromError(error);
    const isShown = refusals.map(({ path, message }) => {
      if (path.startsWith('dataset.params.'))
        return this.datasetForm?.refuse(path.slice(15), message) ?? false;
      if (path === 'teacher') {
        this.teacherError = message;
        return true;
      }
      if (path === 'encoder') {
        this.encoderError = message;
        return this.encoders.length > 0;
      }
      if (path.startsWith('params.')) return this.methodForm?.refuse(path.slice(7), message) ?? false;
      return (
        (this.runForm?.refuse(path, message) ?? false) || (this.methodForm?.refuse(path, message) ?? false)
      );
    });
    if (isShown.length === 0 || isShown.includes(false)) this.error = error;
  }
}

function formOf(
  schemaText: string,
  values?: Readonly<Record<string, unknown>>,
  except: readonly string[] = [],
): FormState | null {
  return formFromSchema(JSON.parse(schemaText) as JsonSchema | null, { values, except });
}

async function focusFirstInvalid(element: HTMLFormElement): Promise<void> {
  await tick();
  const invalid = element.querySelector<HTMLElement>('[aria-invalid="true"]');
  invalid?.focus();
  invalid?.scrollIntoView({ block: 'center' });
}
