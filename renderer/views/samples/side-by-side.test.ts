import { expect, it } from 'vitest';
import { svgSideBySide } from './side-by-side.ts';

it('pictures stand next to each other and none is cut', () => {
  const joined = svgSideBySide([
    '<svg xmlns="a" width="300" height="200" viewBox="0 0 300 200"><rect width="9" height="9"/></svg>',
    '<svg xmlns="a" width="250" height="240"><circle r="3"/></svg>',
  ]);
  expect(joined).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="566" height="240"/);
  expect(joined).toContain('<svg x="0" xmlns="a" width="300"');
  expect(joined).toContain('<svg x="316" xmlns="a" width="250"');
  expect(joined.match(/<\/svg>/g)).toHaveLength(3);
});
