/* A process that takes the lock of the folder in its first argument and waits for the end of stdin. */
import { RunLock } from '../lock.ts';

try {
  RunLock.acquire(process.argv[2]!);
  process.stdout.write('held\n');
  process.stdin.resume();
} catch (error) {
  process.stdout.write(`${(error as { code?: string }).code}\n`);
}
