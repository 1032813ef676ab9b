/** What ONNX Runtime's profile of a program says: trace events of the host, and of a device that keeps times. */

export interface KernelTime {
  /** The operator, e.g. `MatMul`; with the shader's own name where that is another. */
  readonly name: string;
  /** Of all its calls in one run. */
  readonly ms: number;
}

/** Of the run that took the median time, so that its parts are of one run and add up. */
export interface Profile {
  /** From the call of ONNX Runtime to its answer. */
  readonly runMs: number;
  /** Before the first kernel is called: inputs are handed to the device. */
  readonly uploadMs: number;
  /** While kernels are called, one after another; the processor's own are done when the call is. */
  readonly callsMs: number;
  /** Durations of the calls, the longest first. */
  readonly onHost: readonly KernelTime[];
  /** By the device's own clock; empty where it keeps no times. */
  readonly onDevice: readonly KernelTime[];
}

/** In microseconds. */
interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly args: { readonly op_name?: string };
}

const RUN = 'model_run';
const CALLS = 'SequentialExecutor::Execute';

/**
 * @param text  the file
 * @param counted  the last so many runs; those before warmed up
 * @throws RangeError where it has not as many, or is not as ONNX Runtime 1.30 writes it
 */
export function profileOf(text: string, counted: number): Profile {
  const events = (JSON.parse(text) as TraceEvent[]).sort((a, b) => a.ts - b.ts);
  const runs = events.filter(({ name }) => name === RUN);
  if (runs.length < counted) throw new RangeError(`profile: expected ${counted} runs, found ${runs.length}`);
  const run = runs.slice(-counted).toSorted((a, b) => a.dur - b.dur)[Math.floor(counted / 2)]!;
  const inside = events.filter((event) => event.ts >= run.ts && endOf(event) <= endOf(run));
  // The first to begin: loops have further ones inside it.
  const calls = inside.find(({ name }) => name === CALLS);
  if (calls === undefined) throw new RangeError(`profile: expected ${CALLS} in every run, found none`);
  return {
    runMs: run.dur / 1000,
    uploadMs: (calls.ts - run.ts) / 1000,
    callsMs: calls.dur / 1000,
    onHost: hostTimes(inside),
    onDevice: deviceTimes(events, runs.length, runs.indexOf(run)),
  };
}

function hostTimes(inside: readonly TraceEvent[]): KernelTime[] {
  const micros = new Map<string, number>();
  let until = -Infinity;
  for (const event of inside) {
    // What a loop calls is part of its own call.
    if (event.cat !== 'Node' || event.ts < until) continue;
    until = endOf(event);
    add(micros, event.args.op_name ?? event.name, event.dur);
  }
  return longestFirst(micros);
}

/**
 * The device's clock need not agree with the host's, so runs are told apart by counting from the last one:
 * each calls the same kernels, those aside that prepare something in the first.
 */
function deviceTimes(events: readonly TraceEvent[], runs: number, wanted: number): KernelTime[] {
  const calls = new Map<string, number[]>();
  for (const { cat, name, dur } of events) {
    if (cat !== 'Api') continue;
    const durations = calls.get(name) ?? [];
    durations.push(dur);
    calls.set(name, durations);
  }
  const micros = new Map<string, number>();
  for (const [name, durations] of calls) {
    const perRun = Math.floor(durations.length / runs);
    const begin = durations.length - (runs - wanted) * perRun;
    const sum = durations.slice(begin, begin + perRun).reduce((a, b) => a + b, 0);
    if (perRun > 0) add(micros, shaderName(name), sum);
  }
  return longestFirst(micros);
}

/** Of `node&operator&shader`, as ONNX Runtime has it. */
function shaderName(name: string): string {
  const [, operator = name, shader = operator] = name.split('&');
  return shader === operator ? operator : `${operator} (${shader})`;
}

function add(sums: Map<string, number>, name: string, value: number): void {
  sums.set(name, (sums.get(name) ?? 0) + value);
}

function longestFirst(micros: ReadonlyMap<string, number>): KernelTime[] {
  return [...micros].map(([name, sum]) => ({ name, ms: sum / 1000 })).sort((a, b) => b.ms - a.ms);
}

const endOf = ({ ts, dur }: TraceEvent): number => ts + dur;
