import { describe, expect, it } from 'vitest';
import { commands } from '#contract/commands.ts';
import type { CommandEntry } from '#contract/commands.ts';
import { chordFromText, chordText, commandHint, isChord } from './shortcut.ts';
import type { Chord, KeyPress } from './shortcut.ts';

const chords = Object.entries(commands).flatMap(([id, entry]: [string, CommandEntry]) =>
  entry.key === undefined ? [] : [{ id, text: entry.key, chord: chordFromText(entry.key) }],
);

/** What a browser reports when a person presses a chord. */
function pressOf({ key, mod, shift }: Chord, isMac: boolean): KeyPress {
  const typed = shift && /^[a-z]$/.test(key) ? key.toUpperCase() : key;
  return {
    key: typed,
    code: /^\d$/.test(key) ? `Digit${key}` : '',
    ctrlKey: mod && !isMac,
    metaKey: mod && isMac,
    shiftKey: shift || key === '?',
    altKey: false,
  };
}

describe.each([
  { platform: 'a Mac', isMac: true },
  { platform: 'other platforms', isMac: false },
])('the shortcuts on $platform', ({ isMac }) => {
  it.each(chords)('$text is $id and nothing else', ({ id, chord }) => {
    const press = pressOf(chord, isMac);
    expect(chords.filter((each) => isChord(press, each.chord, isMac)).map((each) => each.id)).toEqual([id]);
  });

  it('are shown each in its own words', () => {
    const texts = chords.map(({ chord }) => chordText(chord, isMac));
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('leave every press with Alt, and with the other platform key, to the system', () => {
    for (const { chord } of chords) {
      const press = pressOf(chord, isMac);
      expect(isChord({ ...press, altKey: true }, chord, isMac)).toBe(false);
      expect(isChord({ ...press, [isMac ? 'ctrlKey' : 'metaKey']: true }, chord, isMac)).toBe(false);
    }
  });
});

describe('chords', () => {
  it('take a digit from its place where typing it needs Shift', () => {
    const press = {
      key: '&',
      code: 'Digit1',
      ctrlKey: false,
      metaKey: false,
      shiftKey: false,
      altKey: false,
    };
    expect(isChord(press, chordFromText('1'), false)).toBe(true);
    expect(isChord({ ...press, key: '1', shiftKey: true }, chordFromText('1'), false)).toBe(true);
    expect(isChord({ ...press, key: '!', shiftKey: true }, chordFromText('1'), false)).toBe(false);
  });

  it('are written as the platform writes them', () => {
    expect(chordText(chordFromText('Mod+Shift+Z'), false)).toBe('Ctrl+Shift+Z');
    expect(chordText(chordFromText('Mod+Shift+Z'), true)).toBe('⇧⌘Z');
    expect(chordText(chordFromText('Shift+Right'), false)).toBe('Shift+→');
    expect(chordText(chordFromText('Space'), true)).toBe('Space');
  });

  it('follow the title of their command', () => {
    expect(commandHint('run.rename')).toBe('Rename... (F2)');
    expect(commandHint('run.stop')).toBe('Stop');
  });
});
