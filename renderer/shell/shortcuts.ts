import { drafts, viewIds } from '../state/selection.svelte.ts';
import type { Workbench } from '../state/workbench.svelte.ts';

/** What a key is used for, as far as the element that has the focus leaves it free. */
export function onShortcut(event: KeyboardEvent, workbench: Workbench): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || usesKeys(event)) return;
  if (act(event.key, workbench)) event.preventDefault();
}

function act(key: string, { selection, playback, hasSamplerTime }: Workbench): boolean {
  const view = viewIds[Number(key) - 1];
  if (view !== undefined) {
    selection.view = view;
    return true;
  }
  switch (key) {
    case ' ':
      if (hasSamplerTime) playback.toggle();
      return hasSamplerTime;
    case 'ArrowRight':
      if (hasSamplerTime) playback.stepTowardsData();
      return hasSamplerTime;
    case 'ArrowLeft':
      if (hasSamplerTime) playback.stepTowardsNoise();
      return hasSamplerTime;
    case 'n':
      selection.openForm(drafts.drifting);
      return true;
    case 'Escape':
      selection.closeForm();
      return true;
    default:
      return false;
  }
}

/** Typing stays typing: fields take every key, other controls the keys that work them. */
function usesKeys({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false;
  if (key === 'Escape') return false;
  if (target.matches('input[type="checkbox"], input[type="file"], button, summary, a')) return key === ' ';
  if (target.matches('input[type="range"], input[type="radio"]')) return key.startsWith('Arrow');
  return target.matches('input, select, textarea, [contenteditable]');
}
