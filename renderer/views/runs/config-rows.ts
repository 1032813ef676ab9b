import type { DatasetEntry, JsonSchema, MethodEntry } from '#contract/catalog.ts';
import type { RunSummary } from '#contract/runs.ts';
import { fieldsFromSchema } from '../../form/schema.ts';
import { titleFromName } from '../../ui/format.ts';

interface ConfigRow {
  path: string;
  label: string;
  value: string;
  /** The whole of it, where the value is a name for it. */
  id: string | null;
  unit: string | null;
}

interface Schemas {
  method: MethodEntry | null;
  dataset: DatasetEntry | null;
  runSchema: JsonSchema | null;
  /** Name of the run with an id; null where it is gone or is no run. */
  nameOf: (id: string) => string | null;
}

/** A run's config as rows with the labels and units of its schemas. */
export function configRows(run: RunSummary, { method, dataset, runSchema, nameOf }: Schemas): ConfigRow[] {
  const { params, dataset: choice, name: _name, method: methodId, ...settings } = run.config;
  return [
    { path: 'method', label: 'Method', value: method?.title ?? methodId, id: null, unit: null },
    { path: 'dataset.id', label: 'Data', value: dataset?.title ?? choice.id, id: null, unit: null },
    ...rowsOf(choice.params, dataset?.params ?? null, 'dataset.params.'),
    ...rowsOf(settings, runSchema, '').map((row) => withName(row, nameOf)),
    ...rowsOf(omit(params, idleParams(run, method?.params ?? null)), method?.params ?? null, 'params.'),
  ];
}

/** Of the plain network, where a transformer is trained. */
const PLAIN = ['width', 'depth', 'timeChannels', 'inputScale'];

/** Parameters of the network that the run does not train, where its method can train a plain one or a DiT. */
function idleParams({ config, sampleShape }: RunSummary, schema: JsonSchema | null): readonly string[] {
  const fields = schema === null ? [] : fieldsFromSchema(schema);
  const choice = fields.find(({ path }) => path === 'network');
  if (choice?.options.join() !== 'auto,mlp,dit') return [];
  const asked = config.params['network'];
  const isTransformer = asked === 'dit' || (asked !== 'mlp' && sampleShape !== undefined);
  return isTransformer
    ? PLAIN
    : fields.filter(({ group }) => group === 'Transformer').map(({ path }) => path);
}

function omit(values: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}

function rowsOf(values: Record<string, unknown>, schema: JsonSchema | null, prefix: string): ConfigRow[] {
  const fields = new Map(
    (schema === null ? [] : fieldsFromSchema(schema)).map((field) => [field.path, field]),
  );
  return leavesOf(values, '').map(([path, value]) => ({
    path: prefix + path,
    label: fields.get(path)?.label ?? titleFromName(path),
    value: valueText(value),
    id: null,
    unit: fields.get(path)?.unit ?? null,
  }));
}

/** A run that is learnt from is known by its name. */
function withName(row: ConfigRow, nameOf: Schemas['nameOf']): ConfigRow {
  const name = row.path === 'teacher' || row.path === 'encoder' ? nameOf(row.value) : null;
  return name === null ? row : { ...row, value: name, id: row.value };
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
