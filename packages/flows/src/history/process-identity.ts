/** Who wrote a flow run, so that a reader can tell whether it still does: a process that was killed says nothing more itself. */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Where process ids mean the same. A container may share a machine's name, and a machine keeps its name when it starts again. */
  readonly machine: string;
  /** When the process began, as the system tells it: ids of processes are used again. Empty where the system does not tell. */
  readonly born: string;
}

/** A process as the history knows it. */
export interface KnownProcess extends ProcessIdentity {
  /** When it last said that it is there, in milliseconds since the epoch. */
  readonly beat: number;
}

/** Time between two beats, and for how long a silent process is believed in where nothing better is known. */
export const BEAT_INTERVAL = 10_000;
const BEAT_GRACE = 60_000;

let machine: string | undefined;

export function thisProcess(): ProcessIdentity {
  const host = hostname();
  machine ??= [host, read("/proc/sys/kernel/random/boot_id"), link("/proc/self/ns/pid")].join("/");
  return { pid: process.pid, host, machine, born: birthOf(process.pid) };
}

/** Whether a process has ended, as far as this one can tell. */
export function hasEnded(known: KnownProcess, here: ProcessIdentity, now: number): boolean {
  if (known.machine !== here.machine) return now - known.beat > BEAT_GRACE;
  if (!exists(known.pid)) return true;
  // Alive, and maybe stopped by somebody, or on a machine that slept: its beats may be old.
  if (known.born !== "") return known.born !== birthOf(known.pid);
  return now - known.beat > BEAT_GRACE;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be signalled, and is there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Ticks since the system's start, on Linux. A process that has ended but was not yet waited for counts as gone. */
function birthOf(pid: number): string {
  // The command may hold spaces and parentheses; after it come the state, and as the 20th word from it the start.
  const words = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ");
  return words[0] === "Z" || words[0] === "X" ? "ended" : (words[19] ?? "");
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}

function link(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return "";
  }
}
