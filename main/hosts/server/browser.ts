import { spawn } from 'node:child_process';

/** Whether a browser that is opened here would be seen: not in a bare terminal, nor over SSH. */
export function hasDisplay(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): boolean {
  if (Boolean(env['DISPLAY']) || Boolean(env['WAYLAND_DISPLAY'])) return true;
  const isRemote = Boolean(env['SSH_CONNECTION']) || Boolean(env['SSH_TTY']);
  return (platform === 'darwin' || platform === 'win32') && !isRemote;
}

/** Opens the user's browser. `onFailure` is called with what went wrong, in a few words. */
export function openBrowser(url: string, onFailure: (reason: string) => void): void {
  const [command, args] = openCommand(process.platform, url);
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', (error: NodeJS.ErrnoException) => {
    onFailure(error.code === 'ENOENT' ? `${command} was not found` : error.message);
  });
  child.on('exit', (code) => {
    if (code !== 0 && code !== null) onFailure(`${command} ended with code ${code}`);
  });
  child.unref();
}

function openCommand(platform: NodeJS.Platform, url: string): [command: string, args: string[]] {
  if (platform === 'darwin') return ['open', [url]];
  if (platform === 'win32') return ['cmd', ['/c', 'start', '""', url]];
  return ['xdg-open', [url]];
}
