import { describe, expect, it } from "vitest";
import { Submitter } from "../src/client/submitter.js";
import { progress } from "../src/diagnostics/progress.js";
import { progressLine, progressText } from "../src/diagnostics/progress-line.js";
import { DelayedUseError, delayed } from "../src/index.js";
import { NO_OPTIONS } from "../src/options/task-options.js";
import { OfflineSession } from "./offline.js";

const half = { total: 1000, finished: 448, failed: 2, elapsed: 3_000 };

describe("a line of progress", () => {
  it("has a bar, counts, failures and times", () => {
    expect(progressLine("resize", half, 100)).toMatch(
      /^resize █{17}░{21} {2}45 % {2}450 of 1,000, 2 failed, 3\.0 s, about 3\.7 s left$/,
    );
  });

  it("fits the width it has, without a bar when that is small", () => {
    for (const width of [20, 40, 60, 79, 200])
      expect(progressLine("resize", half, width).length).toBeLessThanOrEqual(width);
    expect(progressLine("resize", half, 45)).not.toContain("█");
  });

  it("says nothing of the rest before there is something to go by, or when there is none", () => {
    expect(progressText({ total: 10, finished: 0, failed: 0, elapsed: 61_000 })).toBe("  0 %  0 of 10, 1 min 1 s");
    expect(progressText({ total: 10, finished: 10, failed: 0, elapsed: 3_723_000 })).toBe("100 %  10 of 10, 1 h 2 min");
  });
});

describe("progress", () => {
  function submitted(count: number) {
    const session = new OfflineSession();
    const futures = new Submitter(session, NO_OPTIONS).map(
      (x: number) => x,
      Array.from({ length: count }, (_, i) => i),
    );
    const finish = (first: number, rows: number): void => {
      const tasks = Int32Array.from({ length: rows }, (_, row) => first + row);
      session.hear({
        op: "finished",
        tasks,
        nbytes: new Float64Array(rows),
        startedAt: new Float64Array(rows),
        took: new Float64Array(rows),
        workers: 0,
        inlineLengths: -1,
        inline: new Uint8Array(0),
      });
    };
    return { futures, finish };
  }
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150));

  it("writes a line for every tenth where there is no terminal", async () => {
    const { futures, finish } = submitted(100);
    const lines: string[] = [];
    const done = progress(futures, { stream: { write: (text: string) => lines.push(text) }, label: "job" });
    finish(0, 5);
    await pause();
    finish(5, 50);
    await pause();
    finish(55, 45);
    await done;
    expect(lines.map((line) => /^job: (\d+) %.*\n$/.exec(line)?.[1])).toEqual(["0", "55", "100"]);
  });

  it("draws one line again and again in a terminal", async () => {
    const { futures, finish } = submitted(4);
    let screen = "";
    const ci = process.env["CI"];
    delete process.env["CI"];
    const done = progress(futures, { stream: { isTTY: true, columns: 60, write: (text: string) => (screen += text) } });
    await pause();
    finish(0, 4);
    await done;
    if (ci !== undefined) process.env["CI"] = ci;
    expect(screen.endsWith("\n")).toBe(true);
    expect(screen.match(/\n/g)).toHaveLength(1);
    const frames = screen.split("\r\u001b[2K").slice(1);
    expect(frames.length).toBeGreaterThan(2);
    expect(frames.at(-1)).toContain("100 %  4 of 4");
  });

  it("takes Delayeds that were persisted, and refuses others", async () => {
    const session = new OfflineSession();
    const lazy = delayed((x: number) => x)(1);
    const stream = { write: () => undefined };
    await expect(progress(lazy, { stream })).rejects.toThrow(DelayedUseError);
    const [persisted] = new Submitter(session, NO_OPTIONS).persist(lazy);
    const done = progress(persisted, { stream });
    const columns = {
      tasks: Int32Array.of(0),
      nbytes: new Float64Array(1),
      startedAt: new Float64Array(1),
      took: new Float64Array(1),
      workers: 0,
      inlineLengths: -1,
      inline: new Uint8Array(0),
    };
    session.hear({ op: "finished", ...columns });
    await done;
  });

  it("of nothing is done at once", async () => {
    await progress([]);
  });
});
