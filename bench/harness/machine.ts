import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";

/** Processor, cores, memory and system of this machine in one line. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `${model}, ${availableParallelism()} cores, ${gibibytes} GiB, ${type()} ${release()}`;
}

/** Mean number of runnable processes over the last minute: beyond the number of cores, wall times mean little. */
export function loadAverage(): number {
  return loadavg()[0]!;
}

/** The commit that is checked out, marked when files differ from it; "unknown" outside a repository. */
export function describeCommit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync("git", args, {
        cwd: import.meta.dirname,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
    return (
      git("rev-parse", "--short", "HEAD") +
      (git("status", "--porcelain", "--untracked-files=no") === "" ? "" : " + changes")
    );
  } catch {
    return "unknown";
  }
}
