import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildIfNeeded } from './build-if-needed.mjs';
import { outFolder } from './bundles.mjs';
import { runCommand } from './command.mjs';
import { runVitest, withScratch } from './vitest-run.mjs';

const CLI = path.join(outFolder, 'main', 'cli.js');
/** A run whose step takes a millisecond. */
const SMALL = [
  ...['train', '--method', 'drifting', '--data', 'two-moons'],
  ...['--batch', '64', '--eval-every', '0', '--film-frames', '0'],
];

/**
 * Installs TensorFlow from its wheel by the built command, as a user would, trains and resumes on it, and
 * runs the suite of executors with it. FEWSTEP_TENSORFLOW may name the folder of one that is installed, or
 * be `none`.
 *
 * @returns {Promise<import('./stages.mjs').Outcome>}
 */
export async function tensorflowStage() {
  const named = process.env['FEWSTEP_TENSORFLOW'] ?? '';
  if (named !== '' && named !== 'none') return runVitest(['tensorflow'], { FEWSTEP_TENSORFLOW: named });
  const why = named === 'none' ? 'FEWSTEP_TENSORFLOW=none' : await whyNot();
  if (why !== null) {
    return {
      passed: 0,
      failed: 0,
      skipped: [{ name: 'tensorflow', reason: why }],
      output: '',
      note: 'TensorFlow cannot be installed here, nothing was tested',
    };
  }
  await buildIfNeeded();
  return withScratch(async (home) => {
    const trial = new Trial(home);
    const folder = await trial.install();
    if (folder === undefined) return trial.outcome;
    await trial.isThere();
    await trial.trains();
    await trial.resumes();
    const suite = await runVitest(['tensorflow'], { FEWSTEP_TENSORFLOW: folder });
    const { passed, failed, output } = trial.outcome;
    return {
      passed: passed + suite.passed,
      failed: failed + suite.failed,
      skipped: suite.skipped,
      output: `${output}\n${suite.output}`,
    };
  });
}

/** Why TensorFlow cannot be installed from its wheel here; null if it seems that it can. */
async function whyNot() {
  if (process.platform === 'win32') return 'wheels of TensorFlow for Windows hold no library to bind';
  if (!isOnPath('python3')) return 'python3 is not on PATH';
  if ((await runCommand('python3', ['-m', 'pip', '--version'])).code !== 0) return 'python3 has no pip';
  if (!isOnPath('g++') && !isOnPath('clang++')) return 'neither g++ nor clang++ is on PATH';
  const wanted = process.platform === 'darwin' ? 'tensorflow' : 'tensorflow-cpu';
  const { code } = await runCommand('python3', [
    ...['-m', 'pip', 'index', 'versions', wanted, '--python-version', '3.11'],
    ...['--disable-pip-version-check', '--retries', '0', '--timeout', '15'],
  ]);
  return code === 0 ? null : `pip finds no ${wanted}: without a network, or for another system`;
}

/** @param {string} program */
function isOnPath(program) {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return folders.some((folder) => existsSync(path.join(folder, program)));
}

/** What a user does with the command, one thing after the other in one data folder. */
class Trial {
  /** @type {import('./stages.mjs').Outcome} */
  outcome = { passed: 0, failed: 0, skipped: [], output: '' };

  /** @param {string} home */
  constructor(home) {
    this.home = home;
  }

  async install() {
    const { document, output } = await this.#command([
      'engine',
      'install',
      'tensorflow',
      '--cpu',
      '--from',
      'wheel',
    ]);
    const folder = document?.engine?.folder;
    this.#count('engine install', typeof folder === 'string', output);
    return folder;
  }

  async isThere() {
    const doctor = await this.#command(['doctor']);
    const entry = doctor.document?.executors?.find(
      (/** @type {{ id: string }} */ { id }) => id === 'tensorflow',
    );
    this.#count('doctor', entry?.available === true, doctor.output);
    const { document, output } = await this.#command(['engine', 'list']);
    this.#count('engine list', document?.engines?.[0]?.from === 'wheel', output);
  }

  async trains() {
    const { document, output } = await this.#command([...SMALL, '--steps', '50', '--executor', 'tensorflow']);
    const isGood = document?.status === 'finished' && document.executor === 'tensorflow';
    this.#count('train', isGood && Number.isFinite(document.final?.loss), output);
  }

  /** A run that was begun on ort-cpu and interrupted by the user goes on here. */
  async resumes() {
    const args = [...SMALL, '--steps', '4000', '--checkpoint-every', '100', '--executor', 'ort-cpu'];
    const before = readdirSync(path.join(this.home, 'runs'));
    const child = spawn(process.execPath, [CLI, ...args, '--home', this.home], { stdio: 'ignore' });
    /** @type {Promise<void>} */
    const ended = new Promise((resolve) => child.once('close', () => resolve()));
    const checkpoints = () =>
      readdirSync(path.join(this.home, 'runs'))
        .filter((run) => !before.includes(run))
        .map((run) => path.join(this.home, 'runs', run, 'checkpoints'))
        .find((folder) => existsSync(folder) && readdirSync(folder).length > 0);
    while (checkpoints() === undefined && child.exitCode === null) await delay(20);
    child.kill('SIGINT');
    await ended;
    const folder = checkpoints();
    const run = folder === undefined ? 'none' : path.basename(path.dirname(folder));
    const { document, output } = await this.#command(['train', '--resume', run, '--executor', 'tensorflow']);
    const on = (document?.trainedOn ?? []).map(
      (/** @type {{ executor: string }} */ { executor }) => executor,
    );
    const isGood = document?.status === 'finished' && on.join() === 'ort-cpu,tensorflow';
    this.#count('train --resume', isGood, `${on.join()}\n${output}`);
  }

  /** @param {readonly string[]} args */
  async #command(args) {
    const { output } = await runCommand(process.execPath, [CLI, ...args, '--home', this.home, '--json']);
    const line = output.split('\n').find((each) => each.startsWith('{'));
    return { document: line === undefined ? undefined : JSON.parse(line), output };
  }

  /**
   * @param {string} what
   * @param {boolean} isGood
   * @param {string} output
   */
  #count(what, isGood, output) {
    if (isGood) this.outcome.passed++;
    else {
      this.outcome.failed++;
      this.outcome.output += `fewstep ${what} did not do what it should:\n${output}\n`;
    }
  }
}
