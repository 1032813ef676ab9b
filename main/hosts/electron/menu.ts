import type { Menu, MenuItemConstructorOptions } from 'electron';
import { commands, menus } from '#contract/commands.ts';
import type { CommandEntry, CommandId, MenuId } from '#contract/commands.ts';

interface MenuOptions {
  platform: NodeJS.Platform;
  isPackaged: boolean;
  run(command: CommandId): void;
}

const separator: MenuItemConstructorOptions = { type: 'separator' };

/**
 * The native menu of the command table. All commands are off until the window says what can be done.
 * Keys with `Mod` are registered; the window's own single keys are only shown, lest they take a
 * letter from somebody who is typing. A Mac registers whatever it shows, so there they are left out.
 */
export function menuTemplate({ platform, isPackaged, run }: MenuOptions): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin';

  function item(id: CommandId): MenuItemConstructorOptions {
    const { title, key }: CommandEntry = commands[id];
    return {
      id,
      label: title.replace('...', '…'),
      enabled: false,
      click: () => run(id),
      ...acceleratorFor(key, isMac),
    };
  }

  function itemsOf(menu: MenuId): MenuItemConstructorOptions[] {
    return commandIds()
      .filter((id) => commands[id].menu === menu)
      .map(item);
  }

  const ends: Record<MenuId, MenuItemConstructorOptions[]> = {
    file: [separator, isMac ? { role: 'close' } : { role: 'quit' }],
    edit: [separator, { role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }],
    run: [],
    view: [
      separator,
      { role: 'reload' },
      ...(isPackaged ? [] : [{ role: 'toggleDevTools' } as const]),
      separator,
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      { role: 'togglefullscreen' },
    ],
    playback: [],
    help: isMac ? [] : [separator, { role: 'about' }],
  };

  const ours = (Object.keys(menus) as MenuId[]).map((id): MenuItemConstructorOptions => ({
    ...(id === 'help' ? { role: 'help' as const } : {}),
    label: menus[id],
    submenu: [...itemsOf(id), ...ends[id]],
  }));
  return isMac
    ? [{ role: 'appMenu' }, ...ours.slice(0, -1), { role: 'windowMenu' }, ...ours.slice(-1)]
    : ours;
}

function acceleratorFor(
  key: string | undefined,
  isMac: boolean,
): Pick<MenuItemConstructorOptions, 'accelerator' | 'registerAccelerator'> {
  if (key === undefined) return {};
  if (key.startsWith('Mod+')) return { accelerator: key.replace('Mod', 'CommandOrControl') };
  return isMac ? {} : { accelerator: key, registerAccelerator: false };
}

/** Greys out what cannot be done now. */
export function enableCommands(menu: Pick<Menu, 'getMenuItemById'>, enabled: readonly CommandId[]): void {
  const on = new Set(enabled);
  for (const id of commandIds()) {
    const item = menu.getMenuItemById(id);
    if (item !== null) item.enabled = on.has(id);
  }
}

function commandIds(): CommandId[] {
  return Object.keys(commands) as CommandId[];
}
