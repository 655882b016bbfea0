import { beforeEach, expect, it } from "vitest";
import type { ClusterLog } from "../../src/cluster/cluster.js";
import { terminalLog } from "../../src/cluster/terminal-log.js";

let written: Record<"stdout" | "stderr", string>;
let log: ClusterLog;
beforeEach(() => {
  written = { stdout: "", stderr: "" };
  log = terminalLog({
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
  });
});

it("says who printed each line", () => {
  log("worker-1", "stdout", "one\ntwo\n");
  log("cluster", "stderr", "three\n");
  expect(written).toEqual({ stdout: "[worker-1] one\n[worker-1] two\n", stderr: "[cluster] three\n" });
});

it("puts lines together from pieces, each worker's and each stream's apart", () => {
  log("worker-1", "stdout", "he");
  log("worker-2", "stdout", "good");
  log("worker-1", "stderr", "oh ");
  log("worker-1", "stdout", "llo\nwor");
  log("worker-2", "stdout", "bye\n");
  log("worker-1", "stderr", "no\n");
  log("worker-1", "stdout", "ld\n");
  expect(written.stdout).toBe("[worker-1] hello\n[worker-2] goodbye\n[worker-1] world\n");
  expect(written.stderr).toBe("[worker-1] oh no\n");
});

it("does not wait for ever for the end of a line", () => {
  log("worker-1", "stdout", "x".repeat(70_000));
  expect(written.stdout).toBe(`[worker-1] ${"x".repeat(70_000)}\n`);
  log("worker-1", "stdout", "next\n");
  expect(written.stdout.endsWith("\n[worker-1] next\n")).toBe(true);
});
