import { tick, untrack } from 'svelte';
import type { DatasetEntry, JsonSchema, MethodEntry } from '#contract/catalog.ts';
import type { WireError } from '#contract/errors.ts';
import { wireErrorFrom } from '#contract/errors.ts';
import type { DatasetChoice, RunConfigInput } from '#contract/runs.ts';
import { FormState, refusalsFromError } from '../../form/form-state.svelte.ts';
import { fieldsFromSchema } from '../../form/schema.ts';
import type { Draft } from '../../state/selection.svelte.ts';
import type { Workbench } from '../../state/workbench.svelte.ts';

/** Parts of a run's config that the form shows in ways of their own. */
const shownElsewhere = ['method', 'params', 'dataset'];

/** The New run form: what is chosen, the three forms that follow from it, and how it is sent. */
export class NewRunState {
  methodId = $state('');
  datasetId = $state('');
  isSubmitting = $state(false);
  /** What is wrong and belongs to no field. */
  error = $state.raw<WireError | null>(null);
  importError = $state.raw<WireError | null>(null);

  readonly #workbench: Workbench;

  readonly methods = $derived.by(() => this.#workbench.catalog.catalog?.methods ?? []);
  readonly datasets = $derived.by(() => this.#workbench.catalog.catalog?.datasets ?? []);
  readonly method: MethodEntry | null = $derived.by(() => this.#workbench.catalog.method(this.methodId));
  readonly dataset: DatasetEntry | null = $derived.by(() => this.#workbench.catalog.dataset(this.datasetId));

  // As text, so that the same schema loaded again keeps its form and what was typed there.
  readonly #methodSchema = $derived.by(() => JSON.stringify(this.method?.params ?? null));
  readonly #datasetSchema = $derived.by(() => JSON.stringify(this.dataset?.params ?? null));
  readonly #runSchema = $derived.by(() => JSON.stringify(this.#workbench.catalog.runSchema));
  readonly methodForm = $derived.by(() => formOf(this.#methodSchema));
  readonly datasetForm = $derived.by(() => formOf(this.#datasetSchema));
  readonly runForm = $derived.by(() => formOf(this.#runSchema, shownElsewhere));

  /** Null while a parameter of the data is not valid: there is nothing to show. */
  readonly datasetChoice: DatasetChoice | null = $derived.by(() => {
    if (this.dataset === null || (this.datasetForm?.firstInvalid ?? null) !== null) return null;
    return { id: this.dataset.id, params: this.datasetForm?.values() ?? {} };
  });

  /** @param draft  where the form begins; a new draft begins it again */
  constructor(workbench: Workbench, draft: () => Draft) {
    this.#workbench = workbench;
    $effect.pre(() => {
      const { method, dataset } = draft();
      untrack(() => {
        this.methodId = method;
        this.datasetId = dataset;
        this.error = null;
      });
    });
    // An engine may not have what the draft names.
    $effect(() => {
      if (this.method === null) this.methodId = this.methods[0]?.id ?? this.methodId;
      if (this.dataset === null) this.datasetId = this.datasets[0]?.id ?? this.datasetId;
    });
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
    this.error = null;
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
      params: this.methodForm?.values() ?? {},
      dataset: { id: this.datasetId, params: this.datasetForm?.values() ?? {} },
    } as RunConfigInput;
  }

  #refuse(error: WireError): void {
    const refusals = refusalsFromError(error);
    const isShown = refusals.map(({ path, message }) => {
      if (path.startsWith('dataset.params.'))
        return this.datasetForm?.refuse(path.slice(15), message) ?? false;
      if (path.startsWith('params.')) return this.methodForm?.refuse(path.slice(7), message) ?? false;
      return (
        (this.runForm?.refuse(path, message) ?? false) || (this.methodForm?.refuse(path, message) ?? false)
      );
    });
    if (isShown.length === 0 || isShown.includes(false)) this.error = error;
  }
}

function formOf(schemaText: string, except: readonly string[] = []): FormState | null {
  const schema = JSON.parse(schemaText) as JsonSchema | null;
  if (schema === null) return null;
  const fields = fieldsFromSchema(schema).filter((field) => !except.includes(field.path.split('.')[0] ?? ''));
  return fields.length === 0 ? null : new FormState(fields);
}

async function focusFirstInvalid(element: HTMLFormElement): Promise<void> {
  await tick();
  const invalid = element.querySelector<HTMLElement>('[aria-invalid="true"]');
  invalid?.focus();
  invalid?.scrollIntoView({ block: 'center' });
}
