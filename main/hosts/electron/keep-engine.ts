import { join } from 'node:path';
import { app, dialog, MessageChannelMain, utilityProcess } from 'electron';
import { setupExitCode } from '../../engine/process-port.ts';
import { sentenceFor } from '../engine-process.ts';
import { superviseProcess } from '../engine-supervisor.ts';
import type { EngineEvent, SupervisedEngine } from '../engine-supervisor.ts';
import { absentWire, forkEngine } from './engine.ts';
import type { EngineWire } from './engine.ts';

/** So much of what the engine said last is shown when it cannot start, characters. */
const shownOutput = 1500;

/** The app's engine, started again when it crashes. One that cannot start ends the app, after saying why. */
export function keepEngine(
  root: string,
  home: string | null,
  grantKey: string,
  say: (line: string) => void,
): SupervisedEngine<EngineWire> {
  let latestOutput = '';
  return superviseProcess({
    spawn: () =>
      forkEngine(
        { utilityProcess, MessageChannelMain },
        {
          entry: join(root, 'out', 'main', 'engine.js'),
          readerEntry: join(root, 'out', 'main', 'reader.js'),
          grantKey,
          args: home === null ? [] : ['--home', home],
          onOutput(text) {
            latestOutput = (latestOutput + text).slice(-shownOutput);
            process.stderr.write(text);
          },
        },
      ),
    absent: (reason) => absentWire({ MessageChannelMain }, reason),
    onEvent(event) {
      say(sentenceForEvent(event));
      if (event.kind !== 'gave-up' || event.why !== 'setup') return;
      dialog.showErrorBox('Fewstep cannot start', latestOutput.trim());
      app.exit(setupExitCode);
    },
  });
}

function sentenceForEvent(event: EngineEvent): string {
  switch (event.kind) {
    case 'restarting':
      return `${capitalised(sentenceFor(event.exit))}; it starts again in ${event.inMs} ms`;
    case 'restarted':
      return 'The engine runs again; interrupted runs can be resumed';
    case 'gave-up':
      return event.why === 'setup'
        ? 'The engine cannot start, for the reason above'
        : `${capitalised(sentenceFor(event.exit))} for the 4th time in 30 s and is not started again`;
  }
}

function capitalised(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
