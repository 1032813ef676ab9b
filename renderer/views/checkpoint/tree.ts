import type { TensorEntry } from '#contract/checkpoints.ts';

/** Tensors by the dots of their names. */
export interface Folder {
  /** Dotted path, unique among folders; empty at the root. */
  readonly path: string;
  /** What it adds to the path of the folder that it is in; several segments where each has one child. */
  readonly label: string;
  readonly folders: readonly Folder[];
  readonly tensors: readonly Leaf[];
  /** Children in the order in which they are shown. */
  readonly children: readonly (Folder | Leaf)[];
  /** Tensors in it, however deep, with their sums. */
  readonly count: number;
  readonly bytes: number;
  readonly parameters: number;
}

export interface Leaf {
  readonly entry: TensorEntry;
  readonly label: string;
}

/** One line of the tree as it is shown. */
export type TreeRow = {
  /** Unique among rows: a tensor and a folder may have the same name. */
  readonly id: string;
  /** 1 at the top. */
  readonly level: number;
  readonly label: string;
  /** Place among its siblings, from 1, and how many there are. */
  readonly position: number;
  readonly siblings: number;
} & (
  | { readonly kind: 'folder'; readonly folder: Folder; readonly isOpen: boolean }
  | { readonly kind: 'tensor'; readonly entry: TensorEntry }
);

/** Elements of a tensor. */
export function elementsOf({ shape }: Pick<TensorEntry, 'shape'>): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** Folders within each other; what a file has beyond, which is no network's, stays in the label. */
const deepest = 40;

interface Draft {
  readonly folders: Map<string, Draft>;
  readonly tensors: Leaf[];
  /** Names of children, folders and tensors, in the order of the file. */
  readonly order: (Leaf | string)[];
}

/**
 * The folders of a list of tensors. Siblings keep the order of the file, but for those that are all
 * numbered, which are shown in the order of their numbers; a folder whose only child is a folder is
 * shown with it in one line.
 */
export function treeOf(entries: readonly TensorEntry[]): Folder {
  const root: Draft = { folders: new Map(), tensors: [], order: [] };
  for (const entry of entries) {
    const all = entry.name.split('.');
    const segments = all.slice(0, Math.min(all.length - 1, deepest));
    const label = all.slice(segments.length).join('.');
    let here = root;
    for (const segment of segments) {
      let next = here.folders.get(segment);
      if (next === undefined) {
        next = { folders: new Map(), tensors: [], order: [] };
        here.folders.set(segment, next);
        here.order.push(segment);
      }
      here = next;
    }
    const leaf = { entry, label };
    here.tensors.push(leaf);
    here.order.push(leaf);
  }
  return folderFrom(root, null, '');
}

/** @param path  null for the root */
function folderFrom(draft: Draft, path: string | null, label: string): Folder {
  const [only] = draft.order;
  // The root stays: it is not shown.
  if (path !== null && draft.order.length === 1 && typeof only === 'string') {
    const next = draft.folders.get(only);
    if (next !== undefined) return folderFrom(next, `${path}.${only}`, `${label}.${only}`);
  }
  const children = draft.order.map((child): Folder | Leaf => {
    if (typeof child !== 'string') return child;
    const inner = draft.folders.get(child) ?? { folders: new Map(), tensors: [], order: [] };
    return folderFrom(inner, path === null ? child : `${path}.${child}`, child);
  });
  if (children.every(({ label: each }) => isNumber(each.split('.')[0] ?? ''))) {
    children.sort((a, b) => Number.parseInt(a.label, 10) - Number.parseInt(b.label, 10));
  }
  const folders = children.filter(isFolder);
  const tensors = children.filter((child): child is Leaf => !isFolder(child));
  const sum = (of: (folder: Folder) => number, ofLeaf: (leaf: Leaf) => number): number =>
    folders.reduce((total, each) => total + of(each), 0) +
    tensors.reduce((total, each) => total + ofLeaf(each), 0);
  return {
    path: path ?? '',
    label,
    folders,
    tensors,
    children,
    count: sum(
      (folder) => folder.count,
      () => 1,
    ),
    bytes: sum(
      (folder) => folder.bytes,
      ({ entry }) => entry.bytes,
    ),
    parameters: sum(
      (folder) => folder.parameters,
      ({ entry }) => elementsOf(entry),
    ),
  };
}

function isFolder(child: Folder | Leaf): child is Folder {
  return 'children' in child;
}

function isNumber(segment: string): boolean {
  return /^\d+$/.test(segment);
}

/** The lines to show: what is in a folder follows it where it is open. */
export function rowsOf(root: Folder, isOpen: (path: string) => boolean): TreeRow[] {
  const rows: TreeRow[] = [];
  function add(folder: Folder, level: number): void {
    for (const [index, child] of folder.children.entries()) {
      const place = { level, label: child.label, position: index + 1, siblings: folder.children.length };
      if (isFolder(child)) {
        const opened = isOpen(child.path);
        rows.push({ ...place, kind: 'folder', id: `folder ${child.path}`, folder: child, isOpen: opened });
        if (opened) add(child, level + 1);
      } else {
        rows.push({ ...place, kind: 'tensor', id: `tensor ${child.entry.name}`, entry: child.entry });
      }
    }
  }
  add(root, 1);
  return rows;
}

/** A tree of so few lines says nothing yet. */
const fewLines = 3;

/**
 * Folders that are open at first: level by level, as long as no more than `most` lines are shown, or next
 * to none would be.
 *
 * @returns their paths
 */
export function firstOpen(root: Folder, most: number): Set<string> {
  const open = new Set<string>();
  let lines = root.children.length;
  let level = root.folders;
  while (level.length > 0) {
    const more = level.reduce((sum, folder) => sum + folder.children.length, 0);
    if (lines + more > most && lines > fewLines) break;
    for (const { path } of level) open.add(path);
    lines += more;
    level = level.flatMap(({ folders }) => folders);
  }
  return open;
}

/** Whether a name answers to a search: each of its words is somewhere in it, in capitals or not. */
export function isFound(name: string, search: string): boolean {
  const text = name.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Index of the row that a row lies in; null at the top. */
export function parentRow(rows: readonly TreeRow[], index: number): number | null {
  const level = rows[index]?.level ?? 1;
  for (let i = index - 1; i >= 0; i -= 1) if ((rows[i]?.level ?? 1) < level) return i;
  return null;
}
