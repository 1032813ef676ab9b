import fs from 'node:fs';

/** A process that has ended and holds its id only until its parent has asked how. */
const ZOMBIE = 'zombie';

/**
 * When a process began, as a string that no other process of the same id shares, or null where the
 * system does not tell. On Linux: the boot and the clock ticks since it (field 22 of /proc/PID/stat).
 */
export function processStart(pid: number): string | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses and may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const [state, ticks] = [fields[0], fields[19]];
    return state === 'Z' ? ZOMBIE : `${boot}:${ticks}`;
  } catch {
    return null;
  }
}

/**
 * Whether the process still runs.
 * @param started  what {@link processStart} said of it; null compares the id alone
 */
export function isAlive(pid: number, started: string | null = null): boolean {
  const now = processStart(pid);
  if (now === ZOMBIE) return false;
  if (now !== null) return started === null || started === now;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists and belongs to someone else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
