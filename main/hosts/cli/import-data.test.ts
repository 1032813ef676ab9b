import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { pngOf } from '../../datasets/testing/pictures.ts';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import { importData } from './import-data.ts';
import type { Output } from './output.ts';

interface Answer {
  document: unknown;
  lines: readonly string[];
}

async function answered(...argv: string[]): Promise<Answer> {
  const answers: Answer[] = [];
  const output: Output = {
    json: true,
    answer: (document, lines) => void answers.push({ document, lines }),
    say: () => {},
  };
  expect(await importData(argv, output)).toBe(0);
  return answers[0]!;
}

function pictures(): string {
  const folder = path.join(scratchFolder(), 'pets');
  for (const name of ['cats/1.png', 'cats/2.png', 'dogs/3.png']) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(
      path.join(folder, name),
      pngOf({ width: 9, height: 7, sample: (x, y, c) => x + y + c + name.charCodeAt(5) }),
    );
  }
  fs.writeFileSync(path.join(folder, 'dogs', 'bad\u001b[2J.png'), 'nothing');
  fs.writeFileSync(path.join(folder, 'notes.txt'), 'x');
  return folder;
}

describe('import-data', () => {
  it('makes a data set of a folder and says what it did not take, harmless to a terminal', async () => {
    const { document, lines } = await answered(pictures(), '--home', scratchFolder(), '--size', '8');
    expect(document).toMatchObject({
      dataset: { id: 'pets', count: 3, shape: [8, 8, 3], classNames: ['cats', 'dogs'], skippedCount: 1 },
    });
    expect(lines).toEqual([
      'Data set pets: 3 images of 8 x 8 x 3 in 2 classes',
      'Skipped 1:',
      '  pets/dogs/bad\\u{1b}[2J.png: expected PNG or JPEG, found another format',
      'Ignored 1 files that are no pictures',
    ]);
  });

  it('takes points as they are', async () => {
    const file = path.join(scratchFolder(), 'ring.csv');
    fs.writeFileSync(file, '0,1\n1,0\n0,-1\n');
    const { lines } = await answered(file, '--home', scratchFolder());
    expect(lines).toEqual(['Data set ring: 3 points in 2 dimensions']);
  });

  it.each([
    [[], 'cli/missing-flag'],
    [['x', '--size', 'big'], 'cli/bad-flag'],
    [['x', '--channels', 'four'], /^config\/|^rpc\//],
    [['x', '--mirrored', 'maybe'], 'cli/bad-flag'],
  ])('refuses %j', async (argv, code) => {
    await expect(answered(...argv)).rejects.toMatchObject({ code: expect.stringMatching(code) as string });
  });
});
