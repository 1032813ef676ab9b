/* A process that makes runs in the data folder of its first argument and lists them all the while. */
import { runConfig } from '#contract/runs.ts';
import { RunStore } from '../runs.ts';

const [, , home, name, count] = process.argv;
const store = RunStore.open({
  home: home!,
  warn: (warning) => process.stderr.write(`${warning.code}\n`),
});
for (let i = 0; i < Number(count); i++) {
  const run = store.create(
    runConfig.parse({ name: `${name} ${i}`, method: 'teacher', dataset: { id: 'rings' }, seed: i }),
    { versions: {} },
  );
  run.update({ status: 'finished', step: i });
  if (!store.list().some(({ id }) => id === run.id)) throw new Error(`run ${run.id} is not listed`);
}
store.close();
process.stdout.write(JSON.stringify({ made: Number(count) }));
