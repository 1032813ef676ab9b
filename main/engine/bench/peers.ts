/** Times of the same workloads in other programs, which a person took on the same machine. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { WorkbenchError } from '#contract/errors.ts';
import { isWorkload } from './workloads.ts';

/** Milliseconds per step of each peer, by its name. */
export type PeerTimes = Readonly<Record<string, number>>;
/** By workload. */
export type Peers = Readonly<Record<string, PeerTimes>>;

export interface PeerRatio {
  readonly peer: string;
  /** Our time over its own: below 1 we are faster. */
  readonly ratio: number;
}

const EXPECTED = 'expected {"mlp-256x64": {"torch": 1.25}}, milliseconds per step by workload and peer';

const peers = z.record(
  z.string().refine(isWorkload, 'no workload has this name'),
  z.record(z.string().min(1), z.number().positive()),
);

/** @throws WorkbenchError `cli/no-file`, `cli/bad-file` naming the file and what is wrong where */
export function readPeers(file: string): Peers {
  const bad = (found: string): WorkbenchError =>
    new WorkbenchError('cli/bad-file', `peers: ${EXPECTED}, found ${found}: ${file}`, { file });
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw bad('no JSON');
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new WorkbenchError('cli/no-file', `peers: expected a file to read, found ${code}: ${file}`, {
      file,
    });
  }
  const parsed = peers.safeParse(document);
  if (!parsed.success) throw bad(faultOf(parsed.error));
  if (Object.values(parsed.data).every((times) => Object.keys(times).length === 0)) throw bad('no times');
  return parsed.data;
}

function faultOf(error: z.ZodError): string {
  const [issue] = error.issues;
  const what = issue?.code === 'invalid_key' ? issue.issues[0]?.message : issue?.message;
  const where = issue === undefined || issue.path.length === 0 ? 'the document' : issue.path.join('.');
  return `at ${where}: ${what}`;
}

/** The fastest peer first, so that its ratio is the largest. */
export function ratiosTo(peers: PeerTimes, msPerStep: number): PeerRatio[] {
  return Object.entries(peers)
    .map(([peer, ms]) => ({ peer, ratio: msPerStep / ms }))
    .sort((a, b) => b.ratio - a.ratio);
}
