import { writeFileSync } from 'node:fs';

/**
 * Counts the tests into the file that FEWSTEP_TALLY names. Vitest's JSON reporter leaves out why a test was skipped.
 */
export default class Tally {
  /** @param {readonly import('vitest/node').TestModule[]} modules */
  onTestRunEnd(modules) {
    const file = process.env['FEWSTEP_TALLY'];
    if (file === undefined) throw new Error('FEWSTEP_TALLY names no file');
    const tally = { passed: 0, failed: 0, skipped: /** @type {{ name: string, reason: string }[]} */ ([]) };
    for (const module of modules) {
      // A file that could not be loaded, or a hook that threw, is one failure beside those of its tests.
      if (module.state() === 'failed' && module.children.allTests('failed').next().done === true)
        tally.failed++;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') tally.passed++;
        else if (result.state === 'failed') tally.failed++;
        else {
          const name = `${module.relativeModuleId} > ${test.fullName}`;
          const note = result.state === 'skipped' ? result.note : undefined;
          const fallback = module.state() === 'failed' ? 'its file failed' : 'no reason given';
          tally.skipped.push({ name, reason: note ?? fallback });
        }
      }
    }
    writeFileSync(file, JSON.stringify(tally));
  }
}
