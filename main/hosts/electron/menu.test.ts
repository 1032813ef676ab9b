import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, it, vi } from 'vitest';
import { commands, menus } from '#contract/commands.ts';
import type { CommandEntry, CommandId } from '#contract/commands.ts';
import { enableCommands, menuTemplate } from './menu.ts';

const ids = Object.keys(commands) as CommandId[];
const platforms: NodeJS.Platform[] = ['linux', 'win32', 'darwin'];

function itemsOf(template: MenuItemConstructorOptions[]): MenuItemConstructorOptions[] {
  return template.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? itemsOf(item.submenu) : [])]);
}

function templateFor(
  platform: NodeJS.Platform,
  isPackaged = true,
  run = vi.fn(),
): MenuItemConstructorOptions[] {
  return menuTemplate({ platform, isPackaged, run });
}

describe.each(platforms)('the menu on %s', (platform) => {
  const items = itemsOf(templateFor(platform));
  const byId = new Map(items.map((item) => [item.id, item]));

  it('holds every command once, under its menu, off until the window says otherwise', () => {
    expect(
      items
        .filter(({ id }) => id !== undefined)
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...ids].sort());
    for (const menu of templateFor(platform)) {
      if (!Array.isArray(menu.submenu)) continue;
      for (const item of menu.submenu) {
        if (item.id === undefined) continue;
        const entry = commands[item.id as CommandId];
        expect(menus[entry.menu]).toBe(menu.label);
        expect(item.label).toBe(entry.title.replace('...', '…'));
        expect(item.enabled).toBe(false);
      }
    }
  });

  it('registers keys with Mod, and takes no single key from somebody who types', () => {
    for (const id of ids) {
      const { key }: CommandEntry = commands[id];
      const item = byId.get(id);
      if (key?.startsWith('Mod+') === true) {
        expect(item?.accelerator).toBe(key.replace('Mod', 'CommandOrControl'));
        expect(item?.registerAccelerator).not.toBe(false);
      } else if (key !== undefined && platform !== 'darwin') {
        expect(item).toMatchObject({ accelerator: key, registerAccelerator: false });
      } else {
        expect(item).not.toHaveProperty('accelerator');
      }
    }
  });

  it('gives no key to two commands', () => {
    const keys = items.flatMap(({ accelerator }) => accelerator ?? []);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('has the editing that text fields need, and a way out', () => {
    const roles = items.flatMap(({ role }) => role ?? []);
    expect(roles).toEqual(
      expect.arrayContaining(['cut', 'copy', 'paste', 'selectAll', 'reload', 'togglefullscreen']),
    );
    expect(roles).toContain(platform === 'darwin' ? 'appMenu' : 'quit');
  });

  it('runs the command that is chosen', () => {
    const run = vi.fn<(id: CommandId) => void>();
    for (const { id, click } of itemsOf(templateFor(platform, true, run))) {
      if (id !== undefined) click?.(null as never, undefined, null as never);
    }
    expect(run.mock.calls.map(([id]) => id).sort()).toEqual([...ids].sort());
  });
});

it('the developer tools are for those who build the app', () => {
  const hasTools = (isPackaged: boolean): boolean =>
    itemsOf(templateFor('linux', isPackaged)).some(({ role }) => role === 'toggleDevTools');
  expect(hasTools(false)).toBe(true);
  expect(hasTools(true)).toBe(false);
});

it('what can be done now is on, all else is off', () => {
  const items = new Map(ids.map((id) => [id, { enabled: id === 'run.stop' }]));
  const menu = { getMenuItemById: (id: string) => (items.get(id as CommandId) ?? null) as never };
  enableCommands(menu, ['run.new', 'view.fields']);
  expect([...items].filter(([, { enabled }]) => enabled).map(([id]) => id)).toEqual([
    'run.new',
    'view.fields',
  ]);
  enableCommands(menu, []);
  expect([...items.values()].some(({ enabled }) => enabled)).toBe(false);
});
