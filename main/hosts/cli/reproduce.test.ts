import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Report } from '../../reproductions/report.ts';
import { digitsTableWith } from '../../reproductions/digits-table.ts';
import { tinyDigits } from '../../reproductions/testdata/tiny-digits.ts';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import type { Output } from './output.ts';
import { reproduce } from './reproduce.ts';

/** What a command answered, and what it said meanwhile. */
function listening() {
  const answers: { document: unknown; lines: readonly string[] }[] = [];
  const said: string[] = [];
  const output: Output = {
    json: true,
    answer: (document, lines) => void answers.push({ document, lines }),
    say: (line) => void said.push(line),
  };
  return { output, answers, said };
}

it('reruns the table of digits to one document with its aims, and measures nothing twice', async () => {
  const home = scratchFolder();
  // A few of its arms: of a teacher, of what is trained for one arm, and of what several share.
  const arms = [
    'training images',
    'teacher, Heun 2',
    'FreeFlow, 1 NFE',
    'FreeFlow, 4 NFE',
    'Drifting, 1 NFE',
  ];
  const registry = [{ ...digitsTableWith(tinyDigits), arms }];
  const argv = ['digits-table', '--quick', '--home', home, '--json'];
  const first = listening();
  expect(await reproduce(argv, first.output, registry)).toBe(0);
  const [report] = first.answers[0]!.document as Report[];
  expect(report).toMatchObject({ name: 'digits-table', seeds: [0, 1, 2], verdict: 'inconclusive' });
  expect(report!.aims!.length).toBeGreaterThan(5);
  expect(report!.notes!.at(-1)).toContain('Quick size');
  expect(report!.measured['FreeFlow, 4 NFE']!['frechet']!.values).toHaveLength(3);
  expect(first.answers[0]!.lines.join('\n')).toMatch(
    /does not hold: teacher, Heun 2: distance, at most 0.35: \d/,
  );
  const folder = path.join(home, 'reproductions', 'digits-table', 'quick');
  expect(fs.readdirSync(folder).sort()).toEqual(['figure.png', 'figure.svg', 'measured', 'report.json']);

  const second = listening();
  await reproduce(argv, second.output, registry);
  expect(second.said).toEqual(['digits-table: inconclusive']);
  expect(second.answers[0]!.document).toEqual(first.answers[0]!.document);
}, 120_000);
