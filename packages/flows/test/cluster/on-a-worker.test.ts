/** What code of tasks may do on workers, what decides there, and what travels to them. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@heddle/client";
import { LocalCluster } from "@heddle/client/cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ClusterTaskRunner, flow, task } from "@heddle/flows";
import { currentTask } from "@heddle/worker/task";
import "../support/own-home.js";

let cluster: LocalCluster;

beforeAll(async () => {
  cluster = new LocalCluster({ workers: 1, port: 0, dashboard: false, processes: false });
  await cluster.ready;
});
afterAll(() => cluster.close());

const onCluster = <R>(body: () => R | Promise<R>): Promise<unknown> =>
  flow(async () => body(), { name: "on_cluster", taskRunner: new ClusterTaskRunner({ cluster }) })();

describe("a flow called on a worker", () => {
  const inner = flow((x: number) => x + 1, { name: "inner" });

  it("by a task of a flow is refused: called, submitted, with other options", async () => {
    const t = task(
      async () => {
        const codes: string[] = [];
        for (const call of [() => inner(1), () => inner.submit(1), () => inner.with({ retries: 1 })(1)])
          try {
            await call();
            codes.push("ran");
          } catch (error) {
            codes.push(`${(error as { code: string }).code}: ${(error as Error).message}`);
          }
        return codes;
      },
      { name: "calls_flow" },
    );
    expect(await onCluster(() => t.submit())).toEqual([
      expect.stringMatching(/^HEDDLE_NOT_IN_RUN: inner\(\) was called outside the flow's own process/),
      expect.stringMatching(/^HEDDLE_NOT_IN_RUN: inner\.submit\(\) was called outside the flow's own process/),
      expect.stringMatching(/^HEDDLE_NOT_IN_RUN: inner\.with\(\) was called outside/),
    ]);
  });

  it("by a task of the engine is refused too", async () => {
    await using client = new Client(cluster);
    await expect(client.submit(() => inner(1)).result()).rejects.toMatchObject({ code: "HEDDLE_NOT_IN_RUN" });
  });

  it("as the plain function it is, runs", async () => {
    const t = task(() => inner.fn(1), { name: "calls_fn" });
    expect(await onCluster(() => t.submit())).toBe(2);
  });
});

describe("retryCondition is asked wherever a retry is decided", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "heddle-test-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a body with two retries, whose condition allows attempt 1 to be followed by another. */
  async function outcome(name: string, body: () => unknown, timeout?: number): Promise<string[]> {
    const file = join(folder, name);
    const t = task(
      (note: string) => {
        appendFileSync(note, "ran\n");
        return body();
      },
      {
        name,
        retries: 2,
        ...(timeout === undefined ? {} : { timeout }),
        retryCondition: (_task, run, state) => {
          appendFileSync(file, `asked of ${run.attempt}: ${state.name} ${(state.data as Error).name}\n`);
          return run.attempt < 2;
        },
      },
    );
    const states = await onCluster(async () => {
      const run = t.submit(file);
      const state = await run.wait();
      return [...run.states().map((each) => each.name), String(state)];
    });
    return [...readFileSync(file, "utf8").trimEnd().split("\n"), ...(states as string[])];
  }

  const twice = (what: string): string[] => ["ran", `asked of 1: ${what}`, "ran", `asked of 2: ${what}`];

  it("when an attempt was out of time and its thread was ended", async () => {
    const result = await outcome(
      "never_listens",
      () => {
        for (;;);
      },
      200,
    );
    expect(result).toEqual([
      ...twice("TimedOut TaskTimeoutError"),
      ...["Pending", "Running", "AwaitingRetry", "Retrying", "TimedOut"],
      expect.stringMatching(/^TimedOut\('TaskTimeoutError: .*200 ms/),
    ]);
  });

  it("when it was out of time and stopped by itself: once, of the timeout", async () => {
    const result = await outcome(
      "listens",
      () =>
        new Promise((_, reject) =>
          currentTask().signal.addEventListener("abort", () => reject(new Error("stopped by the signal"))),
        ),
      200,
    );
    expect(result).toEqual([
      ...twice("TimedOut TaskTimeoutError"),
      ...["Pending", "Running", "AwaitingRetry", "Retrying", "TimedOut"],
      expect.stringMatching(/^TimedOut/),
    ]);
  });

  it("when its thread ended under it", async () => {
    const result = await outcome("exits", () => process.exit(3));
    expect(result).toEqual([
      ...twice("Failed Error"),
      ...["Pending", "Running", "AwaitingRetry", "Retrying", "Crashed"],
      expect.stringMatching(/^Crashed\(.*thread of attempt 2 ended/),
    ]);
  });

  it("when it threw", async () => {
    const result = await outcome("throws", () => {
      throw new RangeError("no");
    });
    expect(result).toEqual([
      ...twice("Failed RangeError"),
      ...["Pending", "Running", "AwaitingRetry", "Retrying", "Failed", "Failed('RangeError: no')"],
    ]);
  });
});
