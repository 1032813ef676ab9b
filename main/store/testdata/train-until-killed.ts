/* A process that trains the run in the folder of its first argument until it is killed. */
import { RunFolder } from '../run-folder.ts';
import { RunWriter } from '../run-writer.ts';
import { firstLink, nextLink, stateOf } from './chain.ts';

const run = RunFolder.open(process.argv[2]!);
const writer = RunWriter.open(run, { warn: () => {} });
const resumed = writer.resume();
let step = resumed?.step ?? 0;
let link = (resumed?.tensors.get('link')?.data as Uint8Array | undefined) ?? firstLink();
const giveUpAt = Date.now() + 10_000;
while (Date.now() < giveUpAt) {
  step++;
  link = nextLink(link);
  writer.record(step, { loss: step / 2 });
  if (step % 3 === 0) {
    writer.save(stateOf(step, link));
    process.stdout.write('.');
    run.update({ status: 'running', step, latest: { loss: step / 2 } });
  }
}
