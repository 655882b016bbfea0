/** Flows that are cancelled while the cluster of their own is still coming up. */
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { HistoryReader } from "@heddle/flows/history";
import { descendantsOf, isAlive } from "./support/processes.js";
import { Folder, run, script } from "./support/programs.js";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder[Symbol.dispose]());

it("[5] a child cancelled while its cluster starts is Cancelled, leaves nothing of it, and its parent goes on", async () => {
  await using program = script(
    folder,
    `import { readFileSync } from "node:fs";
    import { once } from "node:events";
    import { createServer } from "node:net";
    import { ClusterTaskRunner, LocalCluster, flow, task } from "heddle";
    const children = () => readFileSync("/proc/self/task/" + process.pid + "/children", "utf8").split(" ").length - 1;
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const until = async (condition) => { while (!condition()) await turn(); };
    const one = task(() => 1, { name: "one" });
    const child = flow(async function child() { console.log("its body runs"); return one.submit(); }, {
      taskRunner: new ClusterTaskRunner({ cluster: { workers: 2, port: 0, dashboard: false } }),
      onCancellation: (flow, run, state) => console.log("hook", state.name),
    });
    // From when there is nothing to when there are a scheduler and workers, which have not joined.
    const moments = [() => {}, turn, () => until(() => children() > 0), () => until(() => children() === 3)];
    const parent = flow(async function parent() {
      for (const moment of moments) {
        const run = child.submit();
        await moment();
        run.cancel();
        const error = await run.result({ raiseOnFailure: false });
        console.log(run.states().map(({ name }) => name).join(), error.code, children());
      }
      const run = child.submit();
      await until(() => children() === 3);
      console.log("whole");
      return [await one.submit().result(), await run.result(), (await run.wait()).name];
    });
    console.log((await parent()).join(), children());
    // And one that nothing is around.
    const alone = child.submit();
    await until(() => children() > 0);
    alone.cancel();
    console.log(String(await alone.wait()), children());
    // A cluster of somebody else's that is starting too goes on; a scheduler that never answers is not waited for.
    const cluster = new LocalCluster({ workers: 1, port: 0, dashboard: false });
    const silent = createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const address = "ws://127.0.0.1:" + silent.address().port;
    const nothing = (options) => flow(async () => 1, { name: "nothing", taskRunner: new ClusterTaskRunner(options) });
    for (const options of [{ cluster }, { address, timeout: "10m" }]) {
      const run = nothing(options).submit();
      await (options.address === undefined ? turn() : once(silent, "connection"));
      run.cancel();
      console.log(String(await run.wait()));
    }
    silent.close();
    await cluster.ready;
    console.log(await nothing({ cluster })());
    await cluster.close();
    console.log(children());`,
  );
  await program.prints(/whole/);
  const processes = descendantsOf(program.pid);
  expect(processes).toHaveLength(3);
  expect(await run(program)).toEqual({
    status: 0,
    signal: null,
    stderr: "",
    stdout:
      "hook Cancelled\nPending,Cancelling,Cancelled HEDDLE_RUN_CANCELLED 0\n".repeat(4) +
      "whole\nits body runs\n1,1,Completed 0\nhook Cancelled\nCancelled() 0\nCancelled()\nCancelled()\n1\n0\n",
  });
  expect(processes.filter(isAlive)).toEqual([]);

  using reader = HistoryReader.open(join(folder.path, "history.db"));
  const names = (id: string, number?: number): string =>
    reader
      .states(id, number)
      .map(({ name }) => name)
      .join();
  const runs = reader.flowRuns();
  expect(runs.every(({ ended }) => ended !== undefined)).toBe(true);
  const children = runs.filter(({ flow }) => flow === "child");
  expect(children.map(({ id }) => names(id)).sort()).toEqual([
    ...Array<string>(5).fill("Cancelling,Cancelled"),
    "Running,Completed",
  ]);
  const parent = runs.find(({ flow }) => flow === "parent")!;
  expect(names(parent.id)).toBe("Running,Completed");
  // Those that stand for the subflows end as they do.
  expect(reader.taskRuns(parent.id).map(({ name, number }) => `${name} ${names(parent.id, number)}`)).toEqual([
    ...[0, 1, 2, 3].map((number) => `child-${number} Cancelling,Cancelled`),
    "child-4 Running,Completed",
    "one-0 Running,Completed",
  ]);
});
