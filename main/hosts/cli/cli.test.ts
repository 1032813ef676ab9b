import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonSchema } from '#contract/catalog.ts';
import { datasets } from '../../datasets/index.ts';
import { methods, parseMethodParams } from '../../methods/index.ts';
import { fieldsOf, helpLines, numberFrom, parseFlags, valuesFromFlags } from './flags.ts';
import { brief } from './output.ts';

function schemaOf(schema: z.ZodObject): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
}

const EXAMPLE = schemaOf(
  z.object({
    learningRate: z.number().default(1e-3).meta({ label: 'Learning rate', help: 'Peak rate.' }),
    warmUp: z.int().default(0).meta({ label: 'Warm-up', unit: 'steps' }),
    schedule: z.enum(['cosine', 'constant']).default('cosine').meta({ label: 'Schedule' }),
    isExact: z.boolean().default(false).meta({ label: 'Exact' }),
    temperatures: z.array(z.number()).default([0.02, 0.2]).meta({ label: 'Temperatures' }),
    means: z
      .array(z.array(z.number()))
      .default([[0, 0]])
      .meta({ label: 'Means' }),
  }),
);
const FIELDS = fieldsOf(EXAMPLE);

describe('fieldsOf', () => {
  it('names a flag after every field', () => {
    expect(FIELDS.map(({ name, flag, type }) => [name, flag, type])).toEqual([
      ['learningRate', 'learning-rate', 'number'],
      ['warmUp', 'warm-up', 'integer'],
      ['schedule', 'schedule', 'string'],
      ['isExact', 'is-exact', 'boolean'],
      ['temperatures', 'temperatures', 'array'],
      ['means', 'means', 'array'],
    ]);
    expect(fieldsOf(EXAMPLE, 'data-')[0]).toMatchObject({ name: 'learningRate', flag: 'data-learning-rate' });
    expect(fieldsOf(schemaOf(z.object({})))).toEqual([]);
  });

  it('gives every parameter of every method and dataset a flag of its own', () => {
    for (const method of methods) {
      for (const dataset of datasets) {
        const flags = [
          ...fieldsOf(schemaOf(method.params)),
          ...fieldsOf(schemaOf(dataset.params), 'data-'),
        ].map(({ flag }) => flag);
        expect(new Set(flags).size, `${method.id} on ${dataset.id}`).toBe(flags.length);
        for (const flag of flags) expect(flag).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      }
    }
  });
});

describe('valuesFromFlags', () => {
  it('reads a value by the type of its field and leaves out what was not given', () => {
    const given = {
      'learning-rate': '2e-4',
      'warm-up': '100',
      schedule: 'constant',
      'is-exact': 'true',
      temperatures: '0.02, 0.05,0.2',
      means: '[[-1, 0], [1, 0]]',
    };
    expect(valuesFromFlags(FIELDS, given)).toEqual({
      learningRate: 2e-4,
      warmUp: 100,
      schedule: 'constant',
      isExact: true,
      temperatures: [0.02, 0.05, 0.2],
      means: [
        [-1, 0],
        [1, 0],
      ],
    });
    expect(valuesFromFlags(FIELDS, { 'warm-up': '0' })).toEqual({ warmUp: 0 });
    expect(valuesFromFlags(FIELDS, {})).toEqual({});
  });

  it.each([
    ['learning-rate', 'fast', 'a number'],
    ['learning-rate', '', 'a number'],
    ['warm-up', '1e', 'a number'],
    ['is-exact', 'yes', 'true or false'],
    ['temperatures', '0.1,,0.2', 'a number'],
    ['means', '[[0, 1]', 'JSON'],
  ])('refuses --%s "%s"', (flag, text, expected) => {
    expect(() => valuesFromFlags(FIELDS, { [flag]: text })).toThrow(
      expect.objectContaining({
        code: 'cli/bad-flag',
        message: expect.stringContaining(`--${flag}: expected ${expected}, found`) as string,
      }),
    );
  });

  it('reads back the default of every parameter of every method', () => {
    for (const method of methods) {
      const fields = fieldsOf(schemaOf(method.params));
      const given = Object.fromEntries(
        fields.map(({ flag, defaultValue }) => [
          flag,
          typeof defaultValue === 'string' ? defaultValue : JSON.stringify(defaultValue),
        ]),
      );
      expect(parseMethodParams(method, valuesFromFlags(fields, given))).toEqual(
        parseMethodParams(method, {}),
      );
    }
  });
});

describe('parseFlags', () => {
  const types = { run: 'string', json: 'boolean' } as const;

  it('takes values after a space or an equals sign', () => {
    expect({ ...parseFlags(['--run', 'a', '--json'], types) }).toEqual({ run: 'a', json: true });
    expect({ ...parseFlags(['--run=a b'], types) }).toEqual({ run: 'a b' });
    expect({ ...parseFlags([], types) }).toEqual({});
  });

  it.each([
    [['--rum', 'a'], /--rum.*known flags: --run --json/],
    [['--run'], /--run/],
    [['--json=yes'], /--json/],
    [['a'], /'a'/],
  ])('refuses %j', (argv, message) => {
    expect(() => parseFlags(argv, types)).toThrow(
      expect.objectContaining({ code: 'cli/bad-flag', message: expect.stringMatching(message) as string }),
    );
  });
});

describe('helpLines', () => {
  it('shows flag, label, default with its unit, and help', () => {
    const lines = helpLines(FIELDS);
    expect(lines).toHaveLength(FIELDS.length);
    expect(lines[0]).toMatch(/^ {2}--learning-rate +Learning rate \[0\.001\]\. Peak rate\.$/);
    expect(lines[1]).toMatch(/^ {2}--warm-up +Warm-up \[0 steps\]$/);
    expect(lines[4]).toMatch(/^ {2}--temperatures +Temperatures \[\[0\.02,0\.2\]\]$/);
  });
});

describe('numberFrom', () => {
  it('reads what JavaScript calls a number', () => {
    expect(['1', '-2.5', '1e3', ' 4 '].map((text) => numberFrom('n', text))).toEqual([1, -2.5, 1000, 4]);
  });
});

describe('brief', () => {
  it('shows four significant digits', () => {
    expect([0, 12, 0.123456, 123.456, 1.5e-5, 2.5e7, NaN, -0.5].map(brief)).toEqual([
      '0',
      '12',
      '0.1235',
      '123.5',
      '1.500e-5',
      '2.500e+7',
      'NaN',
      '-0.5000',
    ]);
  });
});
