import { figureColours } from '#contract/reproductions.ts';
import type { ReproductionResult } from '#contract/reproductions.ts';
import { describe, expect, it } from 'vitest';
import { reproductionEntry } from '../../testing/fake-engine.ts';
import { figureElement, figureIn, plotOf } from './figure.ts';
import { measuredText, measuresOf, outcomeOf, resultJson, shownSize, startText } from './words.ts';

const measured = { mean: 0.1234, standardError: 0.01, values: [0.12, 0.13, NaN] };
const result: ReproductionResult = {
  verdict: 'does not hold',
  seeds: [0, 1, 2],
  measured: { small: { rmse: measured }, large: { rmse: measured, drift: measured } },
  when: '2026-01-01T00:00:00.000Z',
};
const whole = { seeds: [0, 1, 2], kept: 6, of: 6, result };
const partly = { seeds: [0, 1, 2], kept: 2, of: 6, result: null };

describe('words of a reproduction', () => {
  it('the full verdict counts where there is one, else the quick one; what runs now comes first', () => {
    expect(shownSize(reproductionEntry('a'))).toBe('full');
    expect(shownSize(reproductionEntry('a', { quick: whole }))).toBe('quick');
    expect(shownSize(reproductionEntry('a', { quick: whole, full: whole }))).toBe('full');
    expect(outcomeOf(reproductionEntry('a'))).toBe('not run');
    expect(outcomeOf(reproductionEntry('a', { quick: whole }))).toBe('does not hold');
    expect(
      outcomeOf(reproductionEntry('a', { quick: whole, state: { status: 'waiting', size: 'full' } })),
    ).toBe('waiting');
  });

  it('a start says what it will do', () => {
    const entry = reproductionEntry('a', { quick: whole, full: partly });
    expect([startText(entry, 'quick'), startText(entry, 'full')]).toEqual(['Quick again', 'Resume full']);
    expect(startText(reproductionEntry('a'), 'full')).toBe('Full');
  });

  it('shows means with two standard errors, of every measure that any arm has', () => {
    expect(measuredText(measured)).toBe('0.123 ± 0.020');
    expect(measuresOf(result)).toEqual(['rmse', 'drift']);
  });

  it('copies the document that the command line prints', () => {
    const document = JSON.parse(resultJson(reproductionEntry('a'), result)) as Record<string, unknown>;
    expect(Object.keys(document)).toEqual([
      'name',
      'claim',
      'source',
      'seeds',
      'measured',
      'rule',
      'verdict',
    ]);
    expect(document).toMatchObject({ name: 'a', verdict: 'does not hold', seeds: [0, 1, 2] });
    const aims = [{ title: 'Distance', limit: 'at most 1', measured, outcome: 'holds' as const }];
    const judged = JSON.parse(
      resultJson(reproductionEntry('a'), { ...result, aims, notes: ['So it is'] }),
    ) as {
      aims: unknown[];
      notes: unknown;
    };
    expect([judged.aims.length, judged.notes]).toEqual([1, ['So it is']]);
  });
});

describe('a figure on screen', () => {
  const svg = `<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg"><text fill="${figureColours.ink}">#1a1a1a stays</text></svg>\n`;

  it('wears the colours of the theme, each of its own, and leaves texts alone', () => {
    const colours: readonly string[] = Object.values(figureColours).flat();
    const drawn = colours.map((colour) => `<rect fill="${colour}" stroke="${colour}"/>`).join('');
    const asked: string[] = [];
    const css = (token: string): string => {
      asked.push(token);
      return `[${token}]`;
    };
    const shown = figureIn(drawn, { css });
    expect(shown).not.toMatch(/#/);
    expect(new Set(shown.match(/\[[^\]]+\]/g)).size).toBe(colours.length);
    expect(figureIn(svg, { css: () => '#fff000' })).toContain('<text fill="#fff000">#1a1a1a stays');
  });

  it('shows its plot alone, as wide as it was', () => {
    const whole =
      '<svg xmlns="http://www.w3.org/2000/svg" width="680" height="400" viewBox="0 0 680 400" data-plot="60 310.5"><rect height="400"/></svg>';
    const plot = plotOf(whole);
    expect(plot).toContain('width="680" height="250.5" viewBox="0 60 680 250.5"');
    expect(plot).toContain('<rect height="400"/>');
    expect(plotOf(svg)).toBe(svg);
  });

  it('is one element', () => {
    expect(figureElement(svg)).toMatch(/^<svg [\s\S]*<\/svg>$/);
  });
});
