/** What the parts of a cluster print, on this process's terminal, each line with who printed it. */
import type { ClusterLog } from "./cluster.js";

/**
 * Text comes in pieces of any size. A line is written when it is whole, so that lines of different workers do not run into each other;
 * one that has no end is written when it has grown to `LONGEST`.
 */
export function terminalLog(out: Record<"stdout" | "stderr", { write(text: string): unknown }> = process): ClusterLog {
  const unfinished = new Map<string, string>();
  return (source, stream, text) => {
    const key = `${source} ${stream}`;
    const lines = `${unfinished.get(key) ?? ""}${text}`.split("\n");
    const rest = lines.pop()!;
    if (rest.length > LONGEST) lines.push(rest);
    if (rest.length > LONGEST || rest === "") unfinished.delete(key);
    else unfinished.set(key, rest);
    if (lines.length > 0) out[stream].write(lines.map((line) => `[${source}] ${line}\n`).join(""));
  };
}

const LONGEST = 64 * 1024;
