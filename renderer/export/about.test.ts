import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runSummary } from '../testing/fake-engine.ts';
import { aboutText, safeFileName, svgWithMetadata } from './about.ts';
import { elementsOf, parseXml } from './testing/xml-reader.ts';
import { xmlElement, xmlText } from './xml.ts';

fc.configureGlobal({ seed: 20261122 });

const anyText = fc.string({ unit: 'binary', maxLength: 40 });
// What a parser must not meet is replaced; a carriage return would be read as a line feed by some.
const plainText = fc.string({ unit: 'grapheme', maxLength: 40 });

describe('xmlElement', () => {
  it('is well-formed whatever the text', () => {
    fc.assert(
      fc.property(anyText, anyText, (inside, attribute) => {
        parseXml(xmlElement('text', { id: attribute, x: 1 / 3 }, xmlText(inside)));
      }),
    );
  });

  it('says what it was told', () => {
    fc.assert(
      fc.property(plainText, plainText, (inside, attribute) => {
        const { text, attributes } = parseXml(xmlElement('text', { id: attribute }, xmlText(inside)));
        expect([text, attributes['id']]).toEqual([inside, attribute]);
      }),
    );
  });
});

describe('svgWithMetadata', () => {
  const about = {
    program: 'Fewstep',
    version: '0.1.0',
    run: 'a',
    step: 12,
    devices: 'Trained on ort-cpu (a & b)',
    config: { ...runSummary('a').config, name: 'a <run> & "more"' },
  } as const;

  it('holds the config as it was, as the first thing in the picture', () => {
    const svg = svgWithMetadata('<svg width="1" data-note="a > b"><rect width="1"/></svg>', aboutText(about));
    const root = parseXml(svg);
    expect(root.children.map(({ name }) => name)).toEqual(['metadata', 'rect']);
    const [metadata] = elementsOf(root, 'metadata');
    expect(metadata?.attributes['id']).toBe('fewstep');
    expect(JSON.parse(metadata?.text ?? '')).toEqual(about);
  });

  it('refuses what is no SVG element', () => {
    expect(() => svgWithMetadata('<html></html>', '{}')).toThrow('Expected an <svg> element');
  });
});

describe('safeFileName', () => {
  it('has only plain letters, digits, dots and dashes, and never begins with a dot', () => {
    fc.assert(
      fc.property(anyText, (stem) => {
        expect(safeFileName(stem, 'png')).toMatch(/^[A-Za-z0-9][A-Za-z0-9.-]*\.png$/);
      }),
    );
  });

  it('keeps what a person would know it by', () => {
    expect(safeFileName('samples of “drift, seed 0” step 1 200', 'csv')).toBe(
      'samples-of-drift-seed-0-step-1-200.csv',
    );
    expect(safeFileName('Überlauf/..', 'svg')).toBe('U-berlauf.svg');
    expect(safeFileName('../', 'svg')).toBe('fewstep.svg');
  });
});
