/**
 * Everything a person can ask of the window, once. The palette, the shortcuts, the hints on buttons
 * and the desktop's menus are made from this table; the window gives each command its deed.
 */
export interface CommandEntry {
  /** Sentence case; an ellipsis where it asks for more. */
  readonly title: string;
  readonly menu: MenuId;
  /**
   * The key: `Mod` is Ctrl, or Command on a Mac. Keys without `Mod` are the window's own and work
   * only where nobody is typing.
   */
  readonly key?: string;
}

export const menus = {
  file: 'File',
  edit: 'Edit',
  run: 'Run',
  view: 'View',
  playback: 'Playback',
  help: 'Help',
} as const;
export type MenuId = keyof typeof menus;

export const commands = {
  'palette.open': { title: 'Search or run a command...', menu: 'view', key: 'Mod+K' },

  'run.new': { title: 'New run...', menu: 'file', key: 'N' },
  'run.newTeacher': { title: 'New teacher...', menu: 'file' },
  'data.import': { title: 'Import points...', menu: 'file', key: 'Mod+O' },
  'data.importImages': { title: 'Import images...', menu: 'file' },
  'checkpoint.open': { title: 'Open a checkpoint...', menu: 'file', key: 'Mod+Shift+O' },
  'data.draw': { title: 'Draw a distribution...', menu: 'file', key: 'D' },
  'data.gallery': { title: 'Browse data sets', menu: 'file', key: 'G' },
  'reproductions.open': { title: 'Reproduce a claim...', menu: 'file', key: 'R' },
  'export.png': { title: 'Export view as PNG', menu: 'file', key: 'Mod+E' },
  'export.svg': { title: 'Export view as SVG', menu: 'file', key: 'Mod+Shift+E' },
  'export.csv': { title: 'Export data as CSV', menu: 'file' },
  'export.npz': { title: 'Export data as NPZ', menu: 'file' },

  'edit.undo': { title: 'Undo', menu: 'edit', key: 'Mod+Z' },
  'edit.redo': { title: 'Redo', menu: 'edit', key: 'Mod+Shift+Z' },
  'selection.clear': { title: 'Clear the selected samples', menu: 'edit' },

  'run.pause': { title: 'Pause', menu: 'run' },
  'run.resume': { title: 'Resume', menu: 'run' },
  'run.stop': { title: 'Stop', menu: 'run' },
  'run.rename': { title: 'Rename...', menu: 'run', key: 'F2' },
  'run.tag': { title: 'Edit tags...', menu: 'run', key: 'T' },
  'run.duplicate': { title: 'Duplicate with changes...', menu: 'run', key: 'Mod+D' },
  'run.copyCommand': { title: 'Copy as command line', menu: 'run' },
  'run.delete': { title: 'Move to trash', menu: 'run', key: 'Mod+Backspace' },
  'run.search': { title: 'Search runs', menu: 'run', key: '/' },

  'view.trajectories': { title: 'Trajectories', menu: 'view', key: '1' },
  'view.fields': { title: 'Fields', menu: 'view', key: '2' },
  'view.samples': { title: 'Samples', menu: 'view', key: '3' },
  'view.metrics': { title: 'Metrics', menu: 'view', key: '4' },
  'view.compare': { title: 'Compare', menu: 'view', key: '5' },
  'view.difference': { title: 'Show or hide the difference to the teacher', menu: 'view', key: 'X' },
  'samples.nextSeed': { title: 'Samples from other noise', menu: 'view', key: 'S' },
  'samples.classRows': { title: 'Rows of classes or one class', menu: 'view', key: 'C' },
  'samples.closeUp': { title: 'Open or close the close-up of a sample', menu: 'view', key: 'U' },
  'samples.pin': { title: 'Pin the noise of the sample', menu: 'view', key: 'K' },
  'panes.one': { title: 'One pane', menu: 'view', key: 'Mod+1' },
  'panes.two': { title: 'Two panes side by side', menu: 'view', key: 'Mod+2' },
  'panes.four': { title: 'Four panes', menu: 'view', key: 'Mod+4' },
  'camera.reset': { title: 'Reset the camera', menu: 'view', key: 'Home' },
  'camera.flat': { title: 'Look at the plane', menu: 'view', key: 'P' },
  'camera.spaceTime': { title: 'Look at space and time', menu: 'view', key: 'O' },
  'engine.open': { title: 'Engine and executors', menu: 'view', key: 'E' },
  'theme.light': { title: 'Light theme', menu: 'view' },
  'theme.dark': { title: 'Dark theme', menu: 'view' },
  'theme.system': { title: 'Theme of the system', menu: 'view' },

  'playback.toggle': { title: 'Play or pause sampler time', menu: 'playback', key: 'Space' },
  'playback.forward': { title: 'Step towards data', menu: 'playback', key: 'Right' },
  'playback.back': { title: 'Step towards noise', menu: 'playback', key: 'Left' },
  'film.toggle': { title: 'Play or pause training', menu: 'playback', key: 'Shift+Space' },
  'film.forward': { title: 'Next frame of training', menu: 'playback', key: 'Shift+Right' },
  'film.back': { title: 'Previous frame of training', menu: 'playback', key: 'Shift+Left' },
  'film.live': { title: 'Follow training', menu: 'playback', key: 'L' },

  'help.shortcuts': { title: 'Keyboard shortcuts', menu: 'help', key: '?' },
} as const satisfies Record<string, CommandEntry>;
export type CommandId = keyof typeof commands;

export function isCommandId(value: unknown): value is CommandId {
  return typeof value === 'string' && Object.hasOwn(commands, value);
}
