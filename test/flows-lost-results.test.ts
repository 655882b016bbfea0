/** Results whose only copy goes with its worker: read from the store, fetched before, or computed again. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { HistoryReader } from "@heddle/flows/history";
import { Folder, run, script } from "./support/programs.js";

it("a kept result is read from its store; without one the task runs again, unless it may not: that was fetched at once", async () => {
  using folder = new Folder();
  await using program = script(
    folder,
    `import { appendFileSync, readFileSync, rmSync } from "node:fs";
    import { join } from "node:path";
    import { Client, ClusterTaskRunner, LocalCluster, flow, task } from "heddle";
    const here = ${JSON.stringify(folder.path)};
    const note = join(here, "ran");
    const [stays, goes] = ["stays", "goes"].map((name) => join(here, name));
    const cluster = new LocalCluster({ workers: 1, port: 0, dashboard: false, silenceLogs: true, config: { "nanny.backoff": 10 } });
    // More than comes along with the news that it is finished.
    const body = (what) => { appendFileSync(note, what + "\\n"); return what === "nothing" ? null : { what, data: new Float64Array(10_000) }; };
    const make = task(body, { name: "make" });
    const [kept, once] = [make.with({ persistResult: true, resultStorage: stays }), make.with({ idempotent: false })];
    const keptOnce = kept.with({ idempotent: false });
    const of = {
      plain: make, once, kept, keptOnce, nothing: keptOnce,
      gone: kept.with({ resultStorage: goes }), goneOnce: keptOnce.with({ resultStorage: goes }),
      named: keptOnce.with({ resultStorageKey: "{what}" }),
    };
    const read = task((value) => value === null ? "nothing" : value.what + " " + value.data.length, { name: "read" });
    const tell = (run) => run.result().then((value) => value, (error) => [error.code, error.cause?.code, error.cause?.message]);
    const killed = async () => {
      const client = new Client(cluster);
      const [{ pid }] = await client.workers();
      process.kill(pid, "SIGKILL");
      while ((await client.workers()).every((worker) => worker.pid === pid)) await new Promise((resolve) => setTimeout(resolve, 10));
      await client.close();
    };
    const f = flow(async function f() {
      const runs = Object.fromEntries(Object.entries(of).map(([name, task]) => [name, task.submit(name)]));
      for (const run of Object.values(runs)) await run.wait();
      await killed();
      rmSync(goes, { recursive: true });
      const told = {};
      for (const [name, run] of Object.entries(runs)) told[name] = await tell(read.submit(run));
      const own = (await runs.once.result()).what;
      return { told, own, ran: readFileSync(note, "utf8").trimEnd().split("\\n") };
    }, { taskRunner: new ClusterTaskRunner({ cluster }) });
    console.log(JSON.stringify(await f()));
    await cluster.close();`,
  );
  const { stdout, ...end } = await run(program);
  expect(end).toEqual({ status: 0, signal: null, stderr: "" });
  const { told, own, ran } = JSON.parse(stdout) as { told: Record<string, unknown>; own: string; ran: string[] };
  expect(told).toEqual({
    ...Object.fromEntries(
      ["plain", "once", "kept", "keptOnce", "gone", "named"].map((name) => [name, `${name} 10000`]),
    ),
    nothing: "nothing",
    goneOnce: ["HEDDLE_RUN_CRASHED", "HEDDLE_RESULT_MISSING", expect.stringMatching(/make-6 .*idempotent: false/)],
  });
  expect(own).toBe("once");
  const all = ["plain", "once", "kept", "keptOnce", "nothing", "gone", "goneOnce", "named"];
  // What had to run twice, and nothing else.
  expect(ran.slice(0, 8).sort()).toEqual([...all].sort());
  expect(ran.slice(8).sort()).toEqual(["gone", "plain"]);

  // To their history they finished once.
  using reader = HistoryReader.open(join(folder.path, "history.db"));
  const { id } = reader.flowRuns()[0]!;
  for (const { name, number, task } of reader.taskRuns(id, { task: "make" }))
    expect([name, task, ...reader.states(id, number).map((state) => state.name)].slice(1)).toEqual([
      "make",
      "Running",
      "Completed",
    ]);
});
