/**
 * Command lines from schemas: a field `learningRate` is the flag `--learning-rate`. Values are read by
 * the type the schema gives; ranges and defaults are the engine's to check, so that a flag, a config
 * file and the form fail with the same words.
 */
import { parseArgs } from 'node:util';
import type { FieldMeta, JsonSchema } from '#contract/catalog.ts';
import { WorkbenchError } from '#contract/errors.ts';

export type FlagTypes = Readonly<Record<string, 'string' | 'boolean'>>;
export type FlagValues = Record<string, string | boolean | undefined>;

/** @throws WorkbenchError `cli/bad-flag` naming the flag and those there are */
export function parseFlags(argv: readonly string[], types: FlagTypes): FlagValues {
  const options = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }]));
  try {
    return parseArgs({ args: withNegativeNumbers(argv), options, strict: true, allowPositionals: false })
      .values as FlagValues;
  } catch (error) {
    const code = (error as { code?: string }).code;
    const message = (error as Error).message.split('. ')[0]!;
    const known = Object.keys(types).map((name) => `--${name}`);
    const hint = code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? `; known flags: ${known.join(' ')}` : '';
    throw new WorkbenchError('cli/bad-flag', `${message}${hint}`, { known });
  }
}

/** `--flag -1` as `--flag=-1`: parseArgs would take the number for another flag. */
function withNegativeNumbers(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of argv) {
    const last = joined.at(-1);
    if (/^-[.\d]/.test(arg) && last !== undefined && /^--[^=]+$/.test(last))
      joined.push(`${joined.pop()}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

/** The value of a flag that has one. */
export function text(given: FlagValues, flag: string): string | undefined {
  const value = given[flag];
  return typeof value === 'string' ? value : undefined;
}

/** A flag's value before the other flags are known. */
export function flagValue(argv: readonly string[], name: string): string | undefined {
  const at = argv.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  if (at < 0) return undefined;
  const [, inline] = argv[at]!.split(/=(.*)/s);
  return inline ?? argv[at + 1];
}

/** @throws WorkbenchError `cli/missing-flag` */
export function required(given: FlagValues, flag: string, what: string): string {
  const value = text(given, flag);
  if (value === undefined)
    throw new WorkbenchError('cli/missing-flag', `--${flag}: expected ${what}, found nothing`);
  return value;
}

/** @throws WorkbenchError `cli/bad-flag` */
export function integer(given: FlagValues, flag: string, fallback: number): number {
  const value = text(given, flag);
  if (value === undefined) return fallback;
  const number = numberFrom(flag, value);
  if (Number.isInteger(number)) return number;
  throw new WorkbenchError('cli/bad-flag', `--${flag}: expected a whole number, found "${value}"`, {
    field: flag,
  });
}

export interface SchemaField {
  readonly name: string;
  readonly flag: string;
  readonly type: string;
  readonly meta: Partial<FieldMeta>;
  readonly defaultValue: unknown;
}

/** The fields of an object schema; `prefix` keeps data flags apart from method flags. */
export function fieldsOf(schema: JsonSchema, prefix = ''): SchemaField[] {
  const properties = (schema['properties'] ?? {}) as Record<string, Record<string, unknown>>;
  return Object.entries(properties).map(([name, property]) => ({
    name,
    flag: prefix + name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    type: (property['type'] as string | undefined) ?? 'json',
    meta: property as Partial<FieldMeta>,
    defaultValue: property['default'],
  }));
}

/** Values of the fields whose flags were given. @throws WorkbenchError `cli/bad-flag` */
export function valuesFromFlags(fields: readonly SchemaField[], given: FlagValues): Record<string, unknown> {
  return Object.fromEntries(
    fields
      .filter(({ flag }) => given[flag] !== undefined)
      .map(({ name, flag, type }) => [name, valueOf(flag, type, String(given[flag]))]),
  );
}

function valueOf(flag: string, type: string, text: string): unknown {
  switch (type) {
    case 'number':
    case 'integer':
      return numberFrom(flag, text);
    case 'boolean':
      if (text === 'true' || text === 'false') return text === 'true';
      throw badFlag(flag, 'true or false', text);
    case 'array':
      return text.trim().startsWith('[')
        ? jsonFrom(flag, text)
        : text.split(',').map((part) => numberFrom(flag, part));
    case 'string':
      return text;
    default:
      return jsonFrom(flag, text);
  }
}

/** @throws WorkbenchError `cli/bad-flag` */
export function numberFrom(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw badFlag(flag, 'a number', text);
  return value;
}

function jsonFrom(flag: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badFlag(flag, 'JSON', text);
  }
}

function badFlag(flag: string, expected: string, found: string): WorkbenchError {
  return new WorkbenchError('cli/bad-flag', `--${flag}: expected ${expected}, found "${found}"`, {
    field: flag,
  });
}

/** Help lines of schema fields: flag, default, help. */
export function helpLines(fields: readonly SchemaField[]): string[] {
  return fields.map(({ flag, meta, defaultValue }) => {
    const unit = meta.unit === undefined ? '' : ` ${meta.unit}`;
    const value = defaultValue === undefined ? '' : ` [${JSON.stringify(defaultValue)}${unit}]`;
    return `  --${flag.padEnd(22)} ${meta.label ?? ''}${value}${meta.help === undefined ? '' : `. ${meta.help}`}`;
  });
}
