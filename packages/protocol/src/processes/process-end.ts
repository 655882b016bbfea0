/** How a process ended. */
export interface ProcessEnd {
  readonly pid: number;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it wrote last to its standard output and error. */
  readonly lastLines: readonly string[];
}

/** "exit code 3", "signal SIGKILL": how a process ended, with its last line when there is one. */
export function describeEnd(end: ProcessEnd): string {
  const how =
    end.signal !== null ? `signal ${end.signal}${hint(end.signal)}` : `exit code ${end.exitCode ?? "unknown"}`;
  const last = end.lastLines.at(-1);
  return last === undefined ? how : `${how}; its last line was: ${last}`;
}

/** V8 aborts the process when a heap is exhausted beyond rescue; the kernel kills when the machine's memory is. */
function hint(signal: NodeJS.Signals): string {
  if (signal === "SIGABRT") return " (V8 gave up: most likely out of memory)";
  return signal === "SIGKILL" ? " (killed from outside: by somebody, or for lack of memory)" : "";
}
