import type { DatasetEntry, JsonSchema, MethodEntry } from '#contract/catalog.ts';
import type { RunSummary } from '#contract/runs.ts';
import { fieldsFromSchema } from '../../form/schema.ts';
import { titleFromName } from '../../ui/format.ts';

interface ConfigRow {
  path: string;
  label: string;
  value: string;
  unit: string | null;
}

interface Schemas {
  method: MethodEntry | null;
  dataset: DatasetEntry | null;
  runSchema: JsonSchema | null;
}

/** A run's config as rows with the labels and units of its schemas. */
export function configRows(run: RunSummary, { method, dataset, runSchema }: Schemas): ConfigRow[] {
  const { params, dataset: choice, name: _name, method: methodId, ...settings } = run.config;
  return [
    { path: 'method', label: 'Method', value: method?.title ?? methodId, unit: null },
    { path: 'dataset.id', label: 'Data', value: dataset?.title ?? choice.id, unit: null },
    ...rowsOf(choice.params, dataset?.params ?? null, 'dataset.params.'),
    ...rowsOf(settings, runSchema, ''),
    ...rowsOf(params, method?.params ?? null, 'params.'),
  ];
}

function rowsOf(values: Record<string, unknown>, schema: JsonSchema | null, prefix: string): ConfigRow[] {
  const fields = new Map(
    (schema === null ? [] : fieldsFromSchema(schema)).map((field) => [field.path, field]),
  );
  return leavesOf(values, '').map(([path, value]) => ({
    path: prefix + path,
    label: fields.get(path)?.label ?? titleFromName(path),
    value: valueText(value),
    unit: fields.get(path)?.unit ?? null,
  }));
}

function leavesOf(values: Record<string, unknown>, prefix: string): [string, unknown][] {
  return Object.entries(values).flatMap(([key, value]): [string, unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? leavesOf(value as Record<string, unknown>, `${prefix}${key}.`)
      : [[prefix + key, value]],
  );
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
