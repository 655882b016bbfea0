/** Who is alive, and who is whose child: as Linux tells it. */
import { readFileSync, readdirSync } from "node:fs";

/** A process that has ended may wait for its new parent to take note of it; such a one is not alive. */
export function isAlive(pid: number): boolean {
  return stateOf(pid)?.alive === true;
}

/** Living children of a process, and theirs. */
export function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const state = /^\d+$/.test(name) ? stateOf(Number(name)) : undefined;
    if (state?.alive === true) parents.set(Number(name), state.parent);
  }
  const found = [pid];
  for (const each of found) for (const [child, parent] of parents) if (parent === each) found.push(child);
  return found.slice(1);
}

function stateOf(pid: number): { readonly alive: boolean; readonly parent: number } | undefined {
  try {
    // The command may hold spaces and parentheses; after it come state and parent.
    const [, letter, parent] = /.*\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return { alive: letter !== "Z" && letter !== "X", parent: Number(parent) };
  } catch {
    return undefined;
  }
}
