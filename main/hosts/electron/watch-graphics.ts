import { app, dialog } from 'electron';
import { CrashCount } from './crash-count.ts';
import { markSoftwareRendering } from './graphics.ts';
import { readerServiceName } from './readers.ts';

/** A graphics driver that keeps failing is not used from the next start on. */
export function watchGraphics(markerFile: string, say: (line: string) => void): void {
  const crashes = new CrashCount();
  app.on('child-process-gone', (_event, { type, reason, exitCode, name }) => {
    // A reader is always ended, when it has answered; if not, the engine says what became of it.
    if (reason === 'clean-exit' || name === readerServiceName) return;
    say(`A process ended: ${name ?? type} (${reason}, exit code ${exitCode})`);
    if (type !== 'GPU' || !crashes.add()) return;
    try {
      markSoftwareRendering(markerFile, app.getVersion());
    } catch (error) {
      say((error as Error).message);
    }
    void dialog
      .showMessageBox({
        type: 'warning',
        message: 'The graphics driver failed three times in 30 seconds',
        detail: 'From its next start on Fewstep draws in software. What trains is saved before a restart.',
        buttons: ['Restart now', 'Later'],
        defaultId: 0,
        cancelId: 1,
      })
      .then(({ response }) => {
        if (response !== 0) return;
        app.relaunch();
        app.quit();
      });
  });
}
