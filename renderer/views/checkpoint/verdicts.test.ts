import { describe, expect, it } from 'vitest';
import type { KeyVerdict, TensorDifference } from '#contract/checkpoints.ts';
import { checkpointListing, recognition } from './testing/listing.ts';
import { columnsFor } from './columns.ts';
import { cellOf, entriesWith, passes, verdictText } from './lines.ts';
import { rowsOf, treeOf } from './tree.ts';
import { adviceFor, importRefusal, trustOf } from './trust.ts';
import { countsOf, verdictsByTensor } from './verdicts.ts';
import { nameOfModel, optionFields } from './words.ts';

const matched: KeyVerdict = { key: 'w', verdict: 'matched', own: 'embed.weight' };
const nothingKnown = { verdict: null, difference: null, statistics: null };

describe('verdictsByTensor', () => {
  it('finds tensors whether keys come with the prefix of their group or without', () => {
    const has = (name: string): boolean => ['w', 'ema.w', 'ema.b'].includes(name);
    const short = recognition({ group: 'ema', keys: [matched] });
    expect([...verdictsByTensor(short, has).keys()]).toEqual(['ema.w']);
    const long = recognition({ group: 'ema', keys: [{ ...matched, key: 'ema.b' }] });
    expect([...verdictsByTensor(long, has).keys()]).toEqual(['ema.b']);
    expect([...verdictsByTensor(recognition({ keys: [matched] }), has).keys()]).toEqual(['w']);
    expect(verdictsByTensor(null, has).size).toBe(0);
  });

  it('are counted by kind', () => {
    expect(countsOf([matched, matched, { key: 'x', verdict: 'unused' }])).toEqual({
      matched: 2,
      'shape-mismatch': 0,
      missing: 0,
      unused: 1,
    });
  });
});

describe('trustOf and importRefusal', () => {
  it('trust a format without code, say how code was kept from running, and name what was left inert', () => {
    expect(trustOf(checkpointListing()).level).toBe('safe');
    expect(trustOf(checkpointListing({ format: 'pytorch-zip' })).level).toBe('checked');
    const inert = checkpointListing({ format: 'pytorch-zip', inert: ['os.system'], importable: false });
    expect(trustOf(inert)).toMatchObject({ level: 'inert' });
    expect(importRefusal(inert)).toContain('os.system');
    const args = checkpointListing({ format: 'pytorch-zip', inert: ['argparse.Namespace'] });
    expect(trustOf(args)).toEqual({
      level: 'checked',
      words: 'Read by an allow-list: nothing in it was run, one name left inert',
    });
    const refusal = { code: 'checkpoint/unsupported-dtype', message: 'float8 is not converted' };
    const refused = checkpointListing({ importable: false, refusal });
    expect(trustOf(refused)).toEqual({ level: 'refused', words: 'Not imported: float8 is not converted' });
    expect(importRefusal(refused)).toBe('float8 is not converted');
  });

  it('import what is recognised and can be used, and say why not else', () => {
    expect(importRefusal(checkpointListing())).toBe('its layout is not known');
    expect(importRefusal(checkpointListing({ recognised: recognition() }))).toBeNull();
    const useless = recognition({ use: null, why: 'two keys are missing' });
    expect(importRefusal(checkpointListing({ recognised: useless }))).toBe('two keys are missing');
  });
});

describe('adviceFor', () => {
  it('depends on what is wrong', () => {
    const adviceOf = (what: string): string | null => adviceFor({ code: `checkpoint/${what}`, message: '' });
    expect(adviceOf('incomplete-buffer')).toContain('half downloaded');
    expect(adviceOf('pickle-opcode')).toContain('safetensors');
    expect(adviceOf('invalid-offsets')).toContain('rules of its format');
    expect(adviceOf('unknown-grant')).toBe('Open the file again');
    expect(adviceFor({ code: 'internal/unexpected', message: '' })).toBeNull();
  });
});

describe('optionFields', () => {
  it('ask what was assumed, what was chosen, and which of several kinds', () => {
    const sit = recognition({
      alternatives: ['dit'],
      assumed: [
        { option: 'heads', value: 16, why: 'heads of 72' },
        { option: 'convention', value: 'sit', why: 'from the name' },
      ],
    });
    const fields = optionFields(sit, { heads: 12, nfe: 4 });
    expect(fields.map(({ option, value, isChosen }) => [option, value, isChosen])).toEqual([
      ['kind', 'sit', false],
      ['heads', 12, true],
      ['convention', 'sit', false],
      ['nfe', 4, true],
    ]);
    expect(fields[0]?.choices?.map(({ value }) => value)).toEqual(['sit', 'dit']);
    expect(fields[2]?.why).toBe('from the name');
    expect(optionFields(recognition(), {})).toEqual([]);
  });
});

describe('nameOfModel', () => {
  it('is the name of the file without folder and extension', () => {
    expect(nameOfModel('runs/SiT-XL-2-256.pt')).toBe('SiT-XL-2-256');
    expect(nameOfModel('.pt')).toBe('.pt');
    expect(nameOfModel(`${'x'.repeat(300)}.safetensors`)).toHaveLength(120);
  });
});

describe('columnsFor', () => {
  it('shows what there is to say, and drops columns before names get short', () => {
    const all = { verdicts: true, changes: true, statistics: true };
    expect(columnsFor(1200, all)).toHaveLength(7);
    expect(
      columnsFor(1200, { verdicts: false, changes: false, statistics: false }).map(({ id }) => id),
    ).toEqual(['shape', 'dtype', 'bytes', 'parameters']);
    for (let width = 300; width < 1200; width += 50) {
      expect(columnsFor(width, all).length).toBeLessThanOrEqual(columnsFor(width + 50, all).length);
    }
    expect(columnsFor(300, all).map(({ id }) => id)).toEqual(['shape', 'verdict', 'change']);
  });
});

describe('cells and filters', () => {
  const entry = { name: 'a.w', dtype: 'float32', shape: [1000, 20], bytes: 80_000 };
  const [folder, tensor] = rowsOf(treeOf([entry, { ...entry, name: 'a.b' }]), () => true);

  it('sum folders and name tensors', () => {
    expect(cellOf(folder!, 'parameters', nothingKnown).text).toBe('40.0 k');
    expect(cellOf(folder!, 'shape', nothingKnown).text).toBe('2 tensors');
    expect(cellOf(tensor!, 'shape', nothingKnown).text).toBe('1000 x 20');
    expect(cellOf(tensor!, 'verdict', nothingKnown)).toEqual({ text: '', mark: null });
  });

  it('put what is not finite before the spread', () => {
    const statistics = {
      name: 'a.w',
      count: 20_000,
      min: 0,
      max: 1,
      mean: 0.5,
      std: 0.25,
      zeros: 0,
      nans: 3,
      infinities: 0,
      histogram: new Float64Array(),
      edges: new Float64Array(),
    };
    expect(cellOf(tensor!, 'std', { ...nothingKnown, statistics }).text).toBe('3 NaN');
    expect(cellOf(tensor!, 'std', { ...nothingKnown, statistics: { ...statistics, nans: 0 } }).text).toBe(
      '0.250',
    );
    expect(passes('not-finite', { ...nothingKnown, statistics })).toBe(true);
    expect(passes('not-finite', nothingKnown)).toBe(false);
  });

  it('show how far a tensor moved, and list what only the other file has', () => {
    const changed: TensorDifference = {
      name: 'a.w',
      change: 'changed',
      relative: 0.0123,
      before: entry,
      after: entry,
    };
    const known = { ...nothingKnown, difference: changed };
    expect(cellOf(tensor!, 'change', known)).toMatchObject({ text: '1.2 %', mark: 'changed' });
    expect([passes('change changed', known), passes('change same', known)]).toEqual([true, false]);
    const added: TensorDifference = { name: 'z', change: 'added', after: { ...entry, name: 'z' } };
    expect(entriesWith([entry], [changed, added]).map(({ name }) => name)).toEqual(['a.w', 'z']);
  });

  it('say what both shapes are', () => {
    expect(verdictText({ key: 'w', verdict: 'shape-mismatch', expected: [2, 3], found: [3] })).toBe(
      'Expected 2 x 3, found 3',
    );
    expect(verdictText({ key: 'w', verdict: 'missing', expected: [2] })).toBe('Expected 2, not in the file');
    expect(verdictText({ key: 'w', verdict: 'unused', why: 'projector of REPA' })).toBe('projector of REPA');
  });
});
