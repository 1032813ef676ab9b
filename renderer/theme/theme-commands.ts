import type { Deed } from '../state/commands.svelte.ts';
import type { Workbench } from '../state/workbench.svelte.ts';
import type { Theme, ThemePreference } from './theme.svelte.ts';

/**
 * Gives the theme commands their deeds; the one of the theme that is chosen already is off.
 *
 * @returns takes them back
 */
export function provideThemeCommands(workbench: Workbench, theme: Theme): () => void {
  function choosing(preference: ThemePreference): Deed {
    return {
      isEnabled: () => theme.preference !== preference,
      run: () => theme.choose(preference),
    };
  }
  return workbench.commands.provide({
    'theme.light': choosing('light'),
    'theme.dark': choosing('dark'),
    'theme.system': choosing('system'),
  });
}
