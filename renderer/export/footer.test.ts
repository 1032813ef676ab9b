import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { devicesText, footerHeight, footerLines, svgWithFooter } from './footer.ts';
import { elementsOf, parseXml } from './testing/xml-reader.ts';

fc.configureGlobal({ seed: 20261122 });

const gpu = { executor: 'ort-webgpu', device: 'NVIDIA H200', fromStep: 0 };
const cpu = { executor: 'ort-cpu', device: 'AMD EPYC, 8 threads', fromStep: 40 };

describe('the devices of a figure', () => {
  it('are said once where all runs have the same', () => {
    const [a, b] = ['a', 'b'].map((name) => ({ name, trainedOn: [gpu] }));
    expect(devicesText([a!])).toBe('Trained on ort-webgpu (NVIDIA H200)');
    expect(devicesText([a!, b!])).toBe('Trained on ort-webgpu (NVIDIA H200)');
  });

  it('are said run by run where they differ or are not all known', () => {
    const moved = { name: 'b', trainedOn: [gpu, cpu] };
    expect(devicesText([{ name: 'a', trainedOn: [gpu] }, moved])).toBe(
      'Trained: a on ort-webgpu (NVIDIA H200); b on ort-webgpu (NVIDIA H200) to step 40, then ort-cpu (AMD EPYC, 8 threads)',
    );
    expect(devicesText([moved, { name: 'model', trainedOn: [] }])).toMatch(/^Trained: b on /);
  });

  it('are not said where nobody knows them', () => {
    expect(devicesText([])).toBeNull();
    expect(devicesText([{ name: 'model', trainedOn: [] }])).toBeNull();
  });
});

describe('a footer', () => {
  const svg = '<svg width="300" height="200" viewBox="0 0 300 200"><rect width="300" height="200"/></svg>';
  const words = fc.array(fc.stringMatching(/^[a-z<&>"]{1,12}$/), { minLength: 1, maxLength: 60 });

  it('stands below the figure, whole, and inside the picture', () => {
    fc.assert(
      fc.property(words, (list) => {
        const text = list.join(' ');
        const root = parseXml(svgWithFooter(svg, text));
        const lines = elementsOf(root, 'text');
        expect(lines.map((line) => line.text).join(' ')).toBe(text);
        const height = Number(root.attributes['height']);
        expect(height).toBe(200 + footerHeight(footerLines(text, 300)));
        expect(root.attributes['viewBox']).toBe(`0 0 300 ${height}`);
        for (const { attributes } of lines) {
          expect(Number(attributes['y'])).toBeGreaterThan(200);
          expect(Number(attributes['y'])).toBeLessThan(height);
        }
        // What was drawn stays as it was.
        expect(root.children[0]).toEqual(parseXml(svg).children[0]);
      }),
    );
  });

  it('leaves a figure alone whose size it cannot tell', () => {
    for (const odd of ['<svg></svg>', '<svg width="10" height="10" viewBox="5 5 10 10"></svg>']) {
      expect(svgWithFooter(odd, 'text')).toBe(odd);
    }
  });
});
