/** Priorities of tasks, where there is one thread for all of them. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { Folder, run, script } from "./support/programs.js";

it("a cluster's only thread runs higher priorities first, and equals in the order submitted, whenever they came", async () => {
  using folder = new Folder();
  await using program = script(
    folder,
    `import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
    import { Client, ClusterTaskRunner, LocalCluster, flow, task } from "heddle";
    const [gate, order] = ${JSON.stringify([join(folder.path, "gate"), join(folder.path, "order")])};
    const cluster = new LocalCluster({ workers: 1, threadsPerWorker: 1, port: 0, dashboard: false });
    const client = new Client(cluster);
    await cluster.ready;
    // It holds the thread; what only waits would not.
    const busy = task(() => { while (!existsSync(gate)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5); }, { name: "busy", priority: 100 });
    const note = task((what) => appendFileSync(order, what + "\\n"), { name: "note" });
    const urgent = note.with({ priority: 7 });
    const known = async (count) => { while ((await client.tasks()).length < count) await new Promise((resolve) => setTimeout(resolve, 5)); };
    const f = flow(async function f() {
      // As many as are sent to a worker ahead of need: what comes later waits at the scheduler.
      const ahead = [1, 2, 3, 4].map(() => busy.submit());
      while (ahead[0].state().type !== "Running") await new Promise((resolve) => setTimeout(resolve, 5));
      const submitted = [];
      const submit = (of, priority) => { submitted.push([priority, submitted.length]); of.submit(priority + " " + (submitted.length - 1)); };
      // Each wave finds the one before already there.
      for (let wave = 0; wave < 3; wave++) {
        for (const priority of [-5, 0, 3, 3, -5, 9]) submit(note.with({ priority }), priority);
        submit(note, 0);
        submit(urgent, 7);
        submit(urgent.with({ priority: -1 }), -1);
        await known(ahead.length + submitted.length);
      }
      writeFileSync(gate, "");
      return submitted;
    }, { taskRunner: new ClusterTaskRunner({ cluster }) });
    const submitted = await f();
    await client.close();
    await cluster.close();
    const expected = submitted.sort(([a, i], [b, j]) => b - a || i - j).map(([priority, number]) => priority + " " + number);
    console.log(JSON.stringify([expected, readFileSync(order, "utf8").trimEnd().split("\\n")]));`,
  );
  const { stdout, ...end } = await run(program);
  expect(end).toEqual({ status: 0, signal: null, stderr: "" });
  const [expected, actual] = JSON.parse(stdout) as [string[], string[]];
  expect(expected).toHaveLength(27);
  expect(actual).toEqual(expected);
});
