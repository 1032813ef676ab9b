import type { JsonSchema } from './catalog.ts';
import type { RunConfig } from './runs.ts';

/** The schemas that a config's values are read by; a value that is its default there is left out. */
export interface CommandLineSchemas {
  methodSchema: JsonSchema;
  datasetSchema: JsonSchema;
  runSchema: JsonSchema;
}

/** What stands before the arguments of the command. */
const program = 'npm run fewstep -- ';

/**
 * A run's config as the shell command that trains it again: only what differs from the defaults.
 * `fewstep train` reads it back to the same config.
 */
export function commandLineOf(config: RunConfig, schemas: CommandLineSchemas): string {
  return program + argumentsOf(config, schemas).map(quoted).join(' ');
}

/** The same as the arguments that the command receives. */
export function argumentsOf(config: RunConfig, schemas: CommandLineSchemas): string[] {
  const { method, params, dataset, ...settings } = config;
  return [
    'train',
    ...flag('method', method),
    ...flag('data', dataset.id),
    ...flagsOf(settings, schemas.runSchema),
    ...flagsOf(dataset.params, schemas.datasetSchema, 'data-'),
    ...flagsOf(params, schemas.methodSchema),
  ];
}

function flagsOf(values: Readonly<Record<string, unknown>>, schema: JsonSchema, prefix = ''): string[] {
  const properties = (schema['properties'] ?? {}) as Record<string, Record<string, unknown>>;
  return Object.entries(properties).flatMap(([name, property]) => {
    const value = values[name];
    if (value === undefined || JSON.stringify(value) === JSON.stringify(property['default'])) return [];
    const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return flag(prefix + kebab, textOf(value, property['type']));
  });
}

/** A value as its flag takes it: the type that the schema gives decides how it is read again. */
function textOf(value: unknown, type: unknown): string {
  if (type === 'string' && typeof value === 'string') return value;
  const isFlat = type === 'array' && Array.isArray(value) && value.length > 0;
  if (isFlat && value.every((each) => typeof each === 'number')) return value.join(',');
  return JSON.stringify(value);
}

/** A value that begins with a dash would be taken for a flag: it is tied to its own. */
function flag(name: string, value: string): string[] {
  return value.startsWith('-') ? [`--${name}=${value}`] : [`--${name}`, value];
}

/** A word for a POSIX shell; double quotes where they do, for they work in other shells too. */
function quoted(word: string): string {
  if (/^[\w./:,=@+-]+$/.test(word)) return word;
  return /["\\$`!%\n]/.test(word) ? `'${word.replaceAll("'", String.raw`'\''`)}'` : `"${word}"`;
}
