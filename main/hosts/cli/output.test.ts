import { afterEach, describe, expect, it, vi } from 'vitest';
import { WorkbenchError } from '#contract/errors.ts';
import { createOutput, reportFailure } from './output.ts';

/** What clears a screen, an 8-bit control, what turns text around, and a tag outside the first plane. */
const HOSTILE = 'a\x1b[2J\x9b31m\u202egnp\u2028\u{e0041}.pt';
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

function printed(stream: 'stdout' | 'stderr', act: () => void): string {
  const parts: string[] = [];
  vi.spyOn(process[stream], 'write').mockImplementation((part) => {
    parts.push(String(part));
    return true;
  });
  act();
  return parts.join('');
}

afterEach(() => void vi.restoreAllMocks());

describe('names that a terminal would obey', () => {
  const error = new WorkbenchError('checkpoint/no-file', `${HOSTILE}: expected a file`, { file: HOSTILE });

  it('are spelt out in failures', () => {
    const text = printed('stderr', () => reportFailure(error, false)).trimEnd();
    expect(text).not.toMatch(CONTROL);
    expect(text).toContain('a\\u{1b}[2J\\u{9b}31m\\u{202e}gnp\\u{2028}\\u{e0041}.pt: expected a file');
  });

  it('are escaped in JSON, and stay what they are', () => {
    for (const act of [() => reportFailure(error, true), () => createOutput(true).answer({ HOSTILE }, [])]) {
      const text = printed('stdout', act).trimEnd();
      expect(text).not.toMatch(CONTROL);
      expect(JSON.stringify(JSON.parse(text))).toContain(JSON.stringify(HOSTILE));
      vi.restoreAllMocks();
    }
  });
});
