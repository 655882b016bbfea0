import { readFileSync } from "node:fs";

/** The unit of times in /proc: Linux has shown 100 to programs on every common architecture since 2.6, whatever the kernel uses. */
const TICKS_PER_SECOND = 100;

/**
 * CPU time that a process and all its threads have used, in seconds, with a resolution of 10 ms. It stays stable when wall time
 * does not, because other load on the machine does not count.
 *
 * @throws Error where there is no /proc (outside Linux), or no such process.
 */
export function cpuSeconds(pid: number): number {
  return cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, "latin1"));
}

/** The same from the text of `/proc/<pid>/stat`. */
export function cpuSecondsOf(stat: string): number {
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const userTicks = Number(fields[11]);
  const systemTicks = Number(fields[12]);
  return (userTicks + systemTicks) / TICKS_PER_SECOND;
}
