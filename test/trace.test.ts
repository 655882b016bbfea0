/** The record of a cluster as a trace that other tools open. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, LocalCluster, NoDashboardError } from "heddle";
import { expect, it } from "vitest";

interface TraceEvent {
  readonly ph: string;
  readonly pid: number;
  readonly tid?: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly name: string;
  readonly args?: { readonly key?: string; readonly state?: string; readonly name?: string };
}

it("has a span for each run, on a row of its thread", async () => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-trace-"));
  await using cluster = new LocalCluster({ workers: 2, dashboard: { port: 0 } });
  await using client = new Client(cluster);
  try {
    const futures = client.map(
      function triple(x: number) {
        if (x === 3) throw new RangeError("three");
        return 3 * x;
      },
      [0, 1, 2, 3, 4],
    );
    await client.gather(futures, { errors: "skip" });
    const file = join(folder, "trace.json");
    await client.trace(file);
    const { traceEvents } = JSON.parse(readFileSync(file, "utf8")) as { traceEvents: TraceEvent[] };
    const spans = traceEvents.filter(({ ph, name }) => ph === "X" && name === "triple");
    expect(spans).toHaveLength(5);
    expect(spans.map(({ args }) => args?.key).sort()).toEqual(futures.map(({ key }) => key).sort());
    expect(spans.filter(({ args }) => args?.state === "erred")).toHaveLength(1);
    const processes = traceEvents.filter(({ ph, name }) => ph === "M" && name === "process_name");
    for (const { pid, ts, dur } of spans) {
      expect(processes.find((event) => event.pid === pid)?.args?.name).toMatch(/^worker-\d$/);
      expect(Number.isInteger(ts) && ts! >= 0 && Number.isInteger(dur) && dur! >= 0).toBe(true);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("cannot be had of a cluster that records nothing", async () => {
  await using cluster = new LocalCluster({ workers: 0, dashboard: false });
  await using client = new Client(cluster);
  await expect(client.trace(join(tmpdir(), "nothing.json"))).rejects.toThrow(NoDashboardError);
});
