import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TensorEntry } from '#contract/checkpoints.ts';
import { rowWindow } from '../../ui/windowing.ts';
import { chosenFirst } from './lines.ts';
import { moveIn } from './tree-keys.ts';
import { elementsOf, firstOpen, isFound, parentRow, rowsOf, treeOf } from './tree.ts';
import type { Folder, TreeRow } from './tree.ts';

fc.configureGlobal({ seed: 11 });

function entry(name: string, shape: readonly number[] = [2, 3]): TensorEntry {
  return { name, dtype: 'float32', shape: [...shape], bytes: 4 * elementsOf({ shape: [...shape] }) };
}

const names = fc.uniqueArray(
  fc
    .array(fc.constantFrom('blocks', 'ema', '0', '1', '10', 'w', 'b', ''), { minLength: 1, maxLength: 5 })
    .map((all) => all.join('.')),
  { maxLength: 60 },
);
const everything = (): boolean => true;
const nothing = (): boolean => false;
const tensorsIn = (rows: readonly TreeRow[]): string[] =>
  rows.flatMap((row) => (row.kind === 'tensor' ? [row.entry.name] : []));
const labelsOf = (rows: readonly TreeRow[]): string[] =>
  rows.map(({ level, label }) => `${' '.repeat(level - 1)}${label}`);

describe('treeOf and rowsOf', () => {
  it('show every tensor once when all is open, and none but the top when all is closed', () => {
    fc.assert(
      fc.property(names, (all) => {
        const root = treeOf(all.map((name) => entry(name)));
        const rows = rowsOf(root, everything);
        expect(tensorsIn(rows).sort()).toEqual([...all].sort());
        expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
        expect(rowsOf(root, nothing)).toHaveLength(root.children.length);
      }),
    );
  });

  it('sum tensors, bytes and parameters up to the root', () => {
    fc.assert(
      fc.property(names, (all) => {
        const root = treeOf(all.map((name, index) => entry(name, [index, 2])));
        const parameters = all.reduce((sum, _, index) => sum + 2 * index, 0);
        expect([root.count, root.parameters, root.bytes]).toEqual([all.length, parameters, 4 * parameters]);
      }),
    );
  });

  it('spell the name of each tensor along the folders it lies in', () => {
    fc.assert(
      fc.property(names, (all) => {
        const rows = rowsOf(treeOf(all.map((name) => entry(name))), everything);
        for (const [index, row] of rows.entries()) {
          if (row.kind !== 'tensor') continue;
          const labels = [row.label];
          for (let up = parentRow(rows, index); up !== null; up = parentRow(rows, up))
            labels.unshift(rows[up]!.label);
          expect(labels.join('.')).toBe(row.entry.name);
        }
      }),
    );
  });

  it('number siblings from one', () => {
    fc.assert(
      fc.property(names, (all) => {
        const rows = rowsOf(treeOf(all.map((name) => entry(name))), everything);
        for (const [index, { position, siblings }] of rows.entries()) {
          const parent = parentRow(rows, index);
          const among = rows.filter((_, other) => parentRow(rows, other) === parent);
          expect([among[position - 1], among.length]).toEqual([rows[index], siblings]);
        }
      }),
    );
  });

  it('order numbered siblings by number and others as in the file, and join lonely folders', () => {
    const file = ['x.blocks.10.w', 'x.blocks.2.w', 'x.blocks.0.attn.w', 'x.blocks.0.attn.b', 'pos'];
    expect(labelsOf(rowsOf(treeOf(file.map((name) => entry(name))), everything))).toEqual([
      'x.blocks',
      ' 0.attn',
      '  w',
      '  b',
      ' 2',
      '  w',
      ' 10',
      '  w',
      'pos',
    ]);
  });

  it('put up with names of any depth', () => {
    const deep = Array.from({ length: 20_000 }, () => 'a').join('.');
    const [row, ...others] = rowsOf(treeOf([entry(deep), entry('b')]), everything);
    expect(row).toMatchObject({ kind: 'folder' });
    expect(tensorsIn(others)).toEqual([deep, 'b']);
  });

  it('tell a tensor and a folder of one name apart', () => {
    const rows = rowsOf(treeOf([entry('a'), entry('a.b')]), everything);
    expect(rows.map(({ kind, id }) => [kind, id])).toEqual([
      ['tensor', 'tensor a'],
      ['folder', 'folder a'],
      ['tensor', 'tensor a.b'],
    ]);
  });
});

describe('firstOpen', () => {
  it('opens whole levels and shows no more lines than asked', () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 0, max: 80 }), (all, most) => {
        const root = treeOf(all.map((name) => entry(name)));
        const open = firstOpen(root, most);
        const rows = rowsOf(root, (path) => open.has(path));
        const openLines = [...open].map((path) =>
          rows.find((row) => row.kind === 'folder' && row.folder.path === path),
        );
        expect(openLines.every((row) => row?.kind === 'folder' && row.isOpen)).toBe(true);
        // One level fewer would leave at most three lines, or this one still fits.
        const last = Math.max(0, ...openLines.map((row) => row?.level ?? 0));
        const without = rows.filter(({ level }) => level <= last);
        expect(rows.length <= Math.max(most, root.children.length) || without.length <= 3).toBe(true);
        const depths = (folder: Folder, depth: number): [string, number][] => [
          [folder.path, depth],
          ...folder.folders.flatMap((each) => depths(each, depth + 1)),
        ];
        const levels = depths(root, 0).slice(1);
        const openDepths = levels.filter(([path]) => open.has(path)).map(([, depth]) => depth);
        const deepest = Math.max(0, ...openDepths);
        expect(levels.filter(([path, depth]) => depth <= deepest && !open.has(path))).toEqual([]);
      }),
    );
  });
});

describe('isFound', () => {
  it('wants every word somewhere in the name, in capitals or not', () => {
    expect(isFound('ema.blocks.0.attn.qkv.weight', 'QKV ema')).toBe(true);
    expect(isFound('ema.blocks.0.attn.qkv.weight', 'qkv bias')).toBe(false);
    expect(isFound('anything', '')).toBe(true);
  });
});

describe('moveIn', () => {
  const rows = rowsOf(
    treeOf(['a.w', 'a.b', 'c.w', 'c.b', 'd'].map((name) => entry(name))),
    (path) => path === 'a',
  );

  it('goes by rows and pages and stays in the list', () => {
    fc.assert(
      fc.property(
        fc.nat(rows.length - 1),
        fc.constantFrom(
          'ArrowUp',
          'ArrowDown',
          'PageUp',
          'PageDown',
          'Home',
          'End',
          'ArrowLeft',
          'ArrowRight',
        ),
        (active, key) => {
          const move = moveIn(rows, active, key, 3);
          if (typeof move === 'number') expect(rows[move]).toBeDefined();
          else expect(move).toBe('fold');
        },
      ),
    );
  });

  it('opens, enters, leaves and closes folders sideways', () => {
    const at = (id: string): number => rows.findIndex((row) => row.id === id);
    expect(moveIn(rows, at('folder c'), 'ArrowRight', 3)).toBe('fold');
    expect(moveIn(rows, at('folder a'), 'ArrowRight', 3)).toBe(at('tensor a.w'));
    expect(moveIn(rows, at('tensor a.b'), 'ArrowLeft', 3)).toBe(at('folder a'));
    expect(moveIn(rows, at('folder a'), 'ArrowLeft', 3)).toBe('fold');
    expect(moveIn(rows, at('tensor d'), 'ArrowLeft', 3)).toBe(at('tensor d'));
    expect(moveIn(rows, 0, 'Enter', 3)).toBe('choose');
    expect(moveIn(rows, 0, 'x', 3)).toBeNull();
    expect(moveIn([], 0, 'ArrowDown', 3)).toBeNull();
  });
});

it('draws a bounded number of lines of 6000 tensors wherever it is scrolled to', () => {
  const file = Array.from({ length: 6000 }, (_, i) => entry(`ema.blocks.${Math.floor(i / 10)}.${i % 10}`));
  const rows = rowsOf(treeOf(file), everything);
  expect(rows.length).toBeGreaterThan(6000);
  fc.assert(
    fc.property(fc.integer({ min: -100, max: rows.length * 24 + 100 }), (scrollTop) => {
      const { from, to, before, after } = rowWindow({
        count: rows.length,
        rowHeight: 24,
        scrollTop,
        viewHeight: 480,
      });
      // 20 lines fit, one more is cut at either edge, and 6 wait beyond each.
      expect(to - from).toBeLessThanOrEqual(20 + 1 + 12);
      expect(before + after + (to - from) * 24).toBe(rows.length * 24);
    }),
  );
});

describe('chosenFirst', () => {
  it('puts the weights that are taken before the others and moves nothing else', () => {
    const entries = ['model.a', 'model.b', 'ema.a', 'opt.a', 'ema.b', 'emaish.a'].map((name) => entry(name));
    const namesOf = (group: string) => chosenFirst(entries, group).map(({ name }) => name);
    expect(namesOf('ema')).toEqual(['ema.a', 'ema.b', 'model.a', 'model.b', 'opt.a', 'emaish.a']);
    expect(namesOf('')).toEqual(entries.map(({ name }) => name));
  });
});
