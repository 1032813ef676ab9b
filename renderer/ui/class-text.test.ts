import { describe, expect, it } from 'vitest';
import { classText, nameOfClass } from './class-text.ts';

describe('a class', () => {
  it('is called by its name, or by its index where it has none', () => {
    expect([nameOfClass(['cats', 'dogs'], 1), nameOfClass(['cats'], 1), nameOfClass(undefined, 3)]).toEqual([
      'dogs',
      '1',
      '3',
    ]);
    expect([classText(['cats', 'dogs'], 0), classText(undefined, 7)]).toEqual(['class cats', 'class 7']);
  });
});
