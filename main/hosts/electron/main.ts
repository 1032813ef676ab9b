/** Entry of the desktop app: the engine in a utility process, one window, and the wire between them. */
import { join } from 'node:path';
import { app, protocol } from 'electron';
import { appScheme } from './app-protocol.ts';
import { parseDesktopArguments } from './arguments.ts';
import { startDesktop } from './desktop.ts';
import { needsSoftwareRendering } from './graphics.ts';

process.setSourceMapsEnabled(true);
// A terminal that went away must not take the app with it.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const { home, files } = parseDesktopArguments(process.argv.slice(app.isPackaged ? 1 : 2), process.cwd());

app.setName('Fewstep');
if (!app.commandLine.hasSwitch('user-data-dir')) {
  // Electron's own place for it is the data folder's on a Mac and on Windows.
  app.setPath('userData', join(app.getPath('appData'), 'Fewstep Desktop'));
}
const graphicsMarker = join(app.getPath('userData'), 'software-rendering.json');

protocol.registerSchemesAsPrivileged([appScheme]);
app.enableSandbox();
// Without a graphics card WebGL is drawn in software: unsafe for pages of strangers, which never load here.
app.commandLine.appendSwitch('enable-unsafe-swiftshader');
if (needsSoftwareRendering(graphicsMarker, app.getVersion())) {
  say('Drawing in software, because the graphics driver kept failing');
  app.disableHardwareAcceleration();
}

if (app.requestSingleInstanceLock({ home, files })) {
  startDesktop({ root: app.getAppPath(), home, files, graphicsMarker, say });
} else {
  app.exit(0);
}
