import { commands } from '#contract/commands.ts';
import type { CommandEntry, CommandId } from '#contract/commands.ts';
import type { Commands } from '../state/commands.svelte.ts';
import { chordFromText, hasCommandKey, isChord } from '../ui/shortcut.ts';
import type { Chord } from '../ui/shortcut.ts';

const chords: readonly { id: CommandId; chord: Chord }[] = Object.entries(commands).flatMap(
  ([id, { key }]: [string, CommandEntry]) =>
    key === undefined ? [] : [{ id: id as CommandId, chord: chordFromText(key) }],
);

/** Runs the command whose key was pressed, as far as the element that has the focus leaves the key free. */
export function onShortcut(event: KeyboardEvent, commandsNow: Commands): void {
  if (event.defaultPrevented || event.isComposing) return;
  const isMac = hasCommandKey();
  const found = chords.find(({ chord }) => isChord(event, chord, isMac));
  if (found === undefined || usesKey(event.target, found.chord)) return;
  // A key of the browser's own, such as Ctrl-D, is kept from it even where there is nothing to do.
  if (commandsNow.run(found.id) || found.chord.mod) event.preventDefault();
}

/** Whether an element works with this key itself: typing stays typing. */
function usesKey(target: EventTarget | null, { key, mod }: Chord): boolean {
  if (typeof Element === 'undefined' || !(target instanceof Element)) return false;
  const isText = target.matches(
    'select, textarea, [contenteditable], input:not([type="checkbox"], [type="radio"], [type="file"], [type="range"])',
  );
  if (mod) return isText && ['z', 'Backspace'].includes(key);
  if (isText) return true;
  if (target.matches('input[type="checkbox"], input[type="file"], button, summary, a')) return key === ' ';
  if (target.matches('input[type="range"], input[type="radio"]'))
    return key.startsWith('Arrow') || key === 'Home' || key === 'End';
  return target.closest('[role="application"]') !== null && (key === ' ' || key.startsWith('Arrow'));
}
