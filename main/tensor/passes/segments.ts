/**
 * Cuts large state vectors into segments: packed parameters, moments and averages become inputs and
 * outputs of their own for every few layers, and so does the arithmetic between them. An optimiser's
 * passes over a segment find it in the cache, where those over the whole vector would each go through
 * memory, and neither taking the layers apart nor putting gradients together copies anything.
 */
import { Graph, type Node, type Value } from '../graph.ts';
import { sizeOf } from '../shape.ts';
import { stateOutputName } from '../executors/names.ts';
import { isElementwise } from './simplify.ts';

/** Below this a vector stays in the cache anyway, and the cost of a kernel is its call. */
const LEAST_SIZE = 1 << 18;
/** Elements from which a segment takes in no further layer: half a megabyte in single precision. */
const SEGMENT_SIZE = 1 << 17;

/** Elements [begin, end) of a state vector, under the name that they have in the graph. */
export interface Segment {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

interface Segmented {
  readonly graph: Graph;
  /** What became of each state that was cut; its new value has the same segments. */
  readonly segments: ReadonlyMap<string, readonly Segment[]>;
}

/**
 * @param state  names that are both an input and an output
 * @param leastSize  vectors of at least so many elements are cut
 */
export function segmentedState(
  graph: Graph,
  state: readonly string[],
  leastSize = LEAST_SIZE,
  segmentSize = SEGMENT_SIZE,
): Segmented {
  const vectors = graph.inputs.filter(
    ({ name, value }) =>
      state.includes(name) &&
      value.shape.length === 1 &&
      value.shape[0]! >= leastSize &&
      value.dtype === 'float32',
  );
  const cuts = new Map<number, readonly number[]>();
  for (const size of new Set(vectors.map(({ value }) => value.shape[0]!))) {
    const ends = segmentEnds(graph, size, segmentSize);
    if (ends.length > 1) cuts.set(size, ends);
  }
  if (cuts.size === 0) return { graph, segments: new Map() };
  return new Segmentation(graph, state, cuts).result();
}

/** Where segments of vectors of `size` elements end: at ends of leaves, in every list of leaves there is. */
function segmentEnds(graph: Graph, size: number, segmentSize: number): number[] {
  const lists = graph.nodes.flatMap((node) => {
    const leaves = leafSizes(node);
    return leaves !== null && leaves.reduce((sum, n) => sum + n, 0) === size ? [endsOf(leaves)] : [];
  });
  const [first, ...others] = lists;
  const hasEmptyLeaf = lists.some((list) => list.some((end, i) => end === (list[i - 1] ?? 0)));
  if (first === undefined || hasEmptyLeaf) return [size];
  const common = first.filter((end) => others.every((list) => list.includes(end)));
  const ends: number[] = [];
  let begin = 0;
  for (const [i, end] of common.entries()) {
    const next = common[i + 1];
    // Closed when it is large enough, or when the next leaf would make it much larger.
    const isFull = end - begin >= segmentSize || (next !== undefined && next - begin > 1.25 * segmentSize);
    if (next !== undefined && !isFull) continue;
    ends.push(end);
    begin = end;
  }
  return ends;
}

/** Sizes of the one-dimensional pieces that a node cuts or joins, else null. */
function leafSizes({ kernel, inputs, outputs }: Node): number[] | null {
  const [whole, leaves] = kernel === 'Concat' ? [outputs[0]!, inputs] : [inputs[0], outputs];
  if ((kernel !== 'Concat' && kernel !== 'SplitV') || whole!.shape.length !== 1) return null;
  return leaves.map(({ shape }) => shape[0]!);
}

function endsOf(sizes: readonly number[]): number[] {
  let end = 0;
  return sizes.map((size) => (end += size));
}

class Segmentation {
  private readonly next: Graph;
  private readonly segments = new Map<string, readonly Segment[]>();
  /** The segments of values that are cut. */
  private readonly parts = new Map<Value, readonly Value[]>();
  /** Values that are another's, or that were put together again. */
  private readonly replacement = new Map<Value, Value>();
  private readonly graph: Graph;
  private readonly cuts: ReadonlyMap<number, readonly number[]>;

  constructor(graph: Graph, state: readonly string[], cuts: ReadonlyMap<number, readonly number[]>) {
    this.graph = graph;
    this.cuts = cuts;
    this.next = Graph.continuing(graph);
    for (const input of graph.inputs) {
      const ends = state.includes(input.name) ? this.endsFor(input.value) : undefined;
      if (ends === undefined) this.next.inputs.push(input);
      else this.cutInput(input, ends);
    }
  }

  result(): Segmented {
    for (const node of this.graph.nodes) {
      if (!this.cutNode(node)) {
        this.next.append({ ...node, inputs: node.inputs.map((value) => this.whole(value)) });
      }
    }
    for (const { name, value } of this.graph.outputs) {
      const segments = [...this.segments].find(([state]) => stateOutputName(state) === name)?.[1];
      if (segments === undefined) this.next.outputs.push({ name, value: this.whole(value) });
      else {
        this.partsOf(value).forEach((part, i) => {
          this.next.outputs.push({ name: stateOutputName(segments[i]!.name), value: part });
        });
      }
    }
    return { graph: this.next, segments: this.segments };
  }

  private cutInput({ name, value }: Graph['inputs'][number], ends: readonly number[]): void {
    const segments = ends.map((end, i) => ({ name: `${name}/${i}`, begin: ends[i - 1] ?? 0, end }));
    const parts = segments.map(({ begin, end }) => this.next.value(value.dtype, [end - begin]));
    this.parts.set(value, parts);
    this.segments.set(name, segments);
    segments.forEach((segment, i) => this.next.inputs.push({ name: segment.name, value: parts[i]! }));
  }

  private cutNode(node: Node): boolean {
    const [y] = node.outputs as [Value];
    if (isElementwise(node.kernel)) return this.cutElementwise(node, y);
    if (node.kernel === 'Concat') return this.cutConcat(node, y);
    const parts = node.inputs.length === 1 ? this.parts.get(node.inputs[0]!) : undefined;
    if (parts === undefined) return false;
    if (node.kernel === 'SplitV') return this.cutSplit(node, parts);
    if (node.kernel === 'Sum') return this.cutSum(node, parts);
    return false;
  }

  private cutElementwise(node: Node, y: Value): boolean {
    const ends = this.endsFor(y);
    const isCut = (value: Value): boolean => this.parts.has(value);
    const fits = (value: Value): boolean =>
      isCut(value) || (value.shape.length <= 1 && sizeOf(value.shape) === 1);
    if (ends === undefined || !node.inputs.some(isCut) || !node.inputs.every(fits)) return false;
    const parts = ends.map((end, i) => {
      const inputs = node.inputs.map((value) => this.parts.get(value)?.[i] ?? this.whole(value));
      return this.add(node, inputs, { dtype: y.dtype, shape: [end - (ends[i - 1] ?? 0)] });
    });
    this.parts.set(y, parts);
    return true;
  }

  /** Leaves that are joined are joined segment by segment. */
  private cutConcat(node: Node, y: Value): boolean {
    const ends = this.endsFor(y);
    if (ends === undefined || y.dtype !== 'float32') return false;
    const leafEnds = endsOf(node.inputs.map(({ shape }) => shape[0]!));
    const parts = ends.map((end, i) => {
      const begin = ends[i - 1] ?? 0;
      const leaves = node.inputs
        .filter((_, k) => leafEnds[k]! > begin && leafEnds[k]! <= end)
        .map((value) => this.whole(value));
      if (leaves.length === 1) return leaves[0]!;
      const names = { ...node, inputNames: leaves.map((_, k) => String(k)) };
      return this.add(names, leaves, { dtype: y.dtype, shape: [end - begin] });
    });
    this.parts.set(y, parts);
    return true;
  }

  private cutSplit(node: Node, parts: readonly Value[]): boolean {
    const ends = this.endsFor(node.inputs[0]!)!;
    const leafEnds = endsOf(node.outputs.map(({ shape }) => shape[0]!));
    ends.forEach((end, i) => {
      const begin = ends[i - 1] ?? 0;
      const leaves = node.outputs.filter((_, k) => leafEnds[k]! > begin && leafEnds[k]! <= end);
      if (leaves.length === 1) this.replacement.set(leaves[0]!, parts[i]!);
      else {
        const sizes = leaves.map(({ shape }) => shape[0]!);
        const attrs = { ...node.attrs, numOrSizeSplits: sizes };
        this.next.append({ ...node, inputs: [parts[i]!], outputs: leaves, attrs });
      }
    });
    return true;
  }

  /** The sum of a vector is that of its segments' sums. */
  private cutSum(node: Node, parts: readonly Value[]): boolean {
    const [y] = node.outputs as [Value];
    const sums = parts.map((part) => this.add(node, [part], y));
    const add = (a: Value, b: Value): Value =>
      this.add({ ...node, kernel: 'Add', inputNames: ['a', 'b'], attrs: {} }, [a, b], y);
    this.replacement.set(y, sums.reduce(add));
    return true;
  }

  private add(node: Node, inputs: readonly Value[], { dtype, shape }: Pick<Value, 'dtype' | 'shape'>): Value {
    const output = this.next.value(dtype, shape);
    this.next.append({ ...node, inputs, outputs: [output] });
    return output;
  }

  private endsFor({ shape }: Value): readonly number[] | undefined {
    return shape.length === 1 ? this.cuts.get(shape[0]!) : undefined;
  }

  /** The value in one piece, for whatever cannot be cut. */
  private whole(value: Value): Value {
    const known = this.replacement.get(value);
    if (known !== undefined) return known;
    const parts = this.parts.get(value);
    if (parts === undefined) return value;
    const joined = this.next.value(value.dtype, value.shape);
    this.next.append({
      kernel: 'Concat',
      inputNames: parts.map((_, i) => String(i)),
      inputs: parts,
      outputs: [joined],
      attrs: { axis: 0 },
    });
    this.replacement.set(value, joined);
    return joined;
  }

  /** The segments of a value; cut out of it where it came in one piece. */
  private partsOf(value: Value): readonly Value[] {
    const known = this.parts.get(value);
    if (known !== undefined) return known;
    const ends = this.endsFor(value)!;
    const sizes = ends.map((end, i) => end - (ends[i - 1] ?? 0));
    const parts = sizes.map((size) => this.next.value(value.dtype, [size]));
    this.next.append({
      kernel: 'SplitV',
      inputNames: ['x'],
      inputs: [this.whole(value)],
      outputs: parts,
      attrs: { numOrSizeSplits: sizes, axis: 0 },
    });
    this.parts.set(value, parts);
    return parts;
  }
}
