/** What code of tasks may do on workers, what decides there, and what travels to them. */
import { LocalCluster } from "@heddle/client/cluster";
import { Client } from "@heddle/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ClusterTaskRunner, flow, task } from "@heddle/flows";
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
