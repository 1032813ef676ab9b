import { commands } from '#contract/commands.ts';
import type { CommandEntry, CommandId } from '#contract/commands.ts';

/** One key of the command table, read. */
export interface Chord {
  /** As `KeyboardEvent.key` names it, letters in lower case. */
  readonly key: string;
  /** Ctrl, or Command on a Mac. */
  readonly mod: boolean;
  readonly shift: boolean;
}

/** The parts of a keyboard event that decide a shortcut. */
export type KeyPress = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>;

const keyOfName: Readonly<Record<string, string>> = {
  Space: ' ',
  Right: 'ArrowRight',
  Left: 'ArrowLeft',
  Up: 'ArrowUp',
  Down: 'ArrowDown',
};

const signs: Readonly<Record<string, string>> = {
  ' ': 'Space',
  ArrowRight: '→',
  ArrowLeft: '←',
  ArrowUp: '↑',
  ArrowDown: '↓',
};
const macSigns: Readonly<Record<string, string>> = { Backspace: '⌫' };

/** Reads a key of the command table, e.g. `Mod+Shift+Z`. */
export function chordFromText(text: string): Chord {
  const parts = text.split('+');
  const name = parts.at(-1) ?? '';
  const key = keyOfName[name] ?? (name.length === 1 ? name.toLowerCase() : name);
  return { key, mod: parts.includes('Mod'), shift: parts.includes('Shift') };
}

/** Whether a key press is this chord, on this platform. */
export function isChord(press: KeyPress, chord: Chord, isMac: boolean): boolean {
  const [mod, other] = isMac ? [press.metaKey, press.ctrlKey] : [press.ctrlKey, press.metaKey];
  if (mod !== chord.mod || other || press.altKey) return false;
  if (/^\d$/.test(chord.key)) {
    // Some keyboards type digits with Shift: the key in the digit's place counts too.
    return press.key === chord.key || (press.code === `Digit${chord.key}` && !press.shiftKey);
  }
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  if (key !== chord.key) return false;
  // A sign is itself wherever it lies: on some keyboards it takes Shift.
  return isSign(chord.key) || press.shiftKey === chord.shift;
}

function isSign(key: string): boolean {
  return key.length === 1 && key !== ' ' && key.toLowerCase() === key.toUpperCase();
}

/** A chord as the platform writes it: `Ctrl+Shift+Z`, `⇧⌘Z`. */
export function chordText(chord: Chord, isMac: boolean): string {
  const name = chord.key.length === 1 && chord.key !== ' ' ? chord.key.toUpperCase() : chord.key;
  const key = signs[chord.key] ?? (isMac ? macSigns[chord.key] : undefined) ?? name;
  if (isMac) return `${chord.shift ? '⇧' : ''}${chord.mod ? '⌘' : ''}${key}`;
  return [...(chord.mod ? ['Ctrl'] : []), ...(chord.shift ? ['Shift'] : []), key].join('+');
}

/** Whether this window's keyboard has a Command key. */
export function hasCommandKey(): boolean {
  return typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);
}

/** The shortcut of a command as this platform writes it, null if it has none. */
export function shortcutText(id: CommandId): string | null {
  const { key }: CommandEntry = commands[id];
  return key === undefined ? null : chordText(chordFromText(key), hasCommandKey());
}

/** What a button of a command says on hover: its title and its shortcut. */
export function commandHint(id: CommandId, title: string = commands[id].title): string {
  const shortcut = shortcutText(id);
  return shortcut === null ? title : `${title} (${shortcut})`;
}
