import { expect, it } from 'vitest';
import { FakeEngine } from '../testing/fake-engine.ts';
import { Workbench } from '../state/workbench.svelte.ts';
import { provideThemeCommands } from './theme-commands.ts';
import type { Theme, ThemePreference } from './theme.svelte.ts';

it('offers the themes that are not chosen, and chooses them', () => {
  const workbench = new Workbench(new FakeEngine().open);
  const theme = {
    preference: 'system' as ThemePreference,
    choose(preference: ThemePreference) {
      this.preference = preference;
    },
  };
  const { commands } = workbench;
  const ids = ['theme.light', 'theme.dark', 'theme.system'] as const;
  const takeBack = provideThemeCommands(workbench, theme as Theme);
  expect(ids.map((id) => commands.isEnabled(id))).toEqual([true, true, false]);
  commands.run('theme.dark');
  expect(theme.preference).toBe('dark');
  expect(ids.map((id) => commands.isEnabled(id))).toEqual([true, false, true]);
  takeBack();
  expect(ids.map((id) => commands.isEnabled(id))).toEqual([false, false, false]);
});
