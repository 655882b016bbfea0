/** Flows on clusters, as users run them: programs, processes, what they print, and what is left of them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { descendantsOf, isAlive } from "./support/processes.js";
import { Folder, heddle, run, script, type Program } from "./support/programs.js";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder[Symbol.dispose]());

const greetings = `
  import { ClusterTaskRunner, LocalCluster, SequentialTaskRunner, concurrency, flow, getClient, log, runContext, task } from "heddle";
  const own = { workers: 2, port: 0, dashboard: false };
  const sayHello = task(async (name) => { console.log(\`hello \${name}\`); }, { name: "say_hello" });
  const sayGoodbye = task(async (name) => { console.log(\`goodbye \${name}\`); }, { name: "say_goodbye" });
  const names = ["arthur", "trillian", "ford", "marvin"];
`;
const LINES = ["arthur", "trillian", "ford", "marvin"].flatMap((name) => [`hello ${name}`, `goodbye ${name}`]);

async function output(source: string): Promise<string[]> {
  await using program = script(folder, greetings + source);
  const { status, stdout, stderr } = await run(program);
  if (status !== 0) throw new Error(`status ${status}\n${stdout}\n${stderr}`);
  return stdout.trimEnd().split("\n");
}

const sorted = (lines: readonly string[]): string[] => [...lines].sort();

describe("the tutorial's programs", () => {
  it("cluster: the same 8 lines in any order, on at least two worker processes", async () => {
    const lines = await output(`
      const where = task(() => new Promise((resolve) => setTimeout(resolve, 100, process.pid)), { name: "where" });
      const greet = flow(async function greetings(names) {
        const pids = [];
        for (const name of names) { sayHello.submit(name); sayGoodbye.submit(name); pids.push(where.submit()); }
        return await Promise.all(pids.map((pid) => pid.result()));
      }, { taskRunner: new ClusterTaskRunner({ cluster: own }) });
      const pids = new Set(await greet(names));
      if (pids.size < 2 || pids.has(process.pid)) throw new Error("ran in " + [...pids]);
    `);
    expect(sorted(lines)).toEqual(sorted(LINES));
  });

  it("cluster, direct calls: the sequential order, in the flow's process; nothing reaches a worker", async () => {
    const lines = await output(`
      const cluster = new LocalCluster(own);
      await cluster.ready;
      const greet = flow(async function greetings(names) {
        for (const name of names) { await sayHello(name); await sayGoodbye(name); }
      }, { taskRunner: new ClusterTaskRunner({ cluster }) });
      await greet(names);
      const { Client } = await import("heddle");
      const client = new Client(cluster);
      if ((await client.tasks()).length > 0) throw new Error("something reached a worker");
      await client.close();
      await cluster.close();
    `);
    expect(lines).toEqual(LINES);
  });

  it("subflow: 16 lines, parent and child on runners of their own", async () => {
    const lines = await output(`
      const child = flow(async function cluster_greetings(names) {
        for (const name of names) { sayHello.submit(name); sayGoodbye.submit(name); }
      }, { taskRunner: new ClusterTaskRunner({ cluster: own }) });
      const parent = flow(async function greetings(names) {
        for (const name of names) { sayHello.submit(name); sayGoodbye.submit(name); }
        await child(names);
      });
      await parent(names);
    `);
    expect(sorted(lines)).toEqual(sorted([...LINES, ...LINES]));
  });

  it("parent, child and parent again on different runners, values going between them", async () => {
    const lines = await output(`
      const add = task((a, b) => a + b, { name: "add" });
      const child = flow(async function child(x) { return add.submit(x, 10); }, { taskRunner: new SequentialTaskRunner() });
      const parent = flow(async function parent() {
        const one = add.submit(0, 1);
        const eleven = child.submit(one);
        return add.submit(eleven, 100);
      }, { taskRunner: new ClusterTaskRunner({ cluster: own }) });
      console.log(await parent());
    `);
    expect(lines).toEqual(["111"]);
  });

  it("count_to: shouts while it counts", async () => {
    const lines = await output(`
      const shout = task(async (n) => { await new Promise((r) => setTimeout(r, 100)); console.log(n + "!"); }, { name: "shout" });
      const countTo = flow(async function count_to(n) { for (let i = 1; i <= n; i++) shout.submit(i); },
        { taskRunner: new ClusterTaskRunner({ cluster: own }) });
      await countTo(10);
    `);
    expect(sorted(lines)).toEqual(sorted(Array.from({ length: 10 }, (_, i) => `${i + 1}!`)));
  });
});

describe("what tasks may do on the cluster", () => {
  it("submits more work to its own cluster, but no tasks of flows, and says why", async () => {
    const lines = await output(`
      const more = task(async () => {
        const client = getClient();
        const squares = await client.gather(client.map((x) => x * x, [1, 2, 3]));
        let refusal = "";
        try { sayHello.submit("nobody"); } catch (error) { refusal = error.code; }
        return [squares.join(), refusal];
      }, { name: "more" });
      const f = flow(async function f() { return more.submit(); }, { taskRunner: new ClusterTaskRunner({ cluster: own }) });
      console.log((await f()).join(" "));
    `);
    expect(lines).toEqual(["1,4,9 HEDDLE_NOT_IN_RUN"]);
  });

  it("runs one at a time by resources, and by concurrency() over all workers and the flow", async () => {
    const lines = await output(`
      const nap = async () => { const began = Date.now(); await new Promise((r) => setTimeout(r, 80)); return [began, Date.now()]; };
      const byResource = task(nap, { name: "by_resource", resources: { license: 1 } });
      const byName = task((nap) => concurrency("database", 1).run(nap), { name: "by_name" });
      const apart = (spans) => spans.sort((a, b) => a[0] - b[0]).every(([began], i) => i === 0 || began >= spans[i - 1][1]);
      const f = flow(async function f() {
        const first = [1, 2, 3, 4].map(() => byResource.submit());
        console.log("resources", apart(await Promise.all(first.map((x) => x.result()))));
        const second = [1, 2, 3, 4].map(() => byName.submit(nap));
        const here = await concurrency("database", 1).run(nap);
        console.log("names", apart([here, ...await Promise.all(second.map((x) => x.result()))]));
      }, { taskRunner: new ClusterTaskRunner({ cluster: { ...own, workers: 1, threadsPerWorker: 2, resources: { license: 1 } } }) });
      await f();
    `);
    expect(lines).toEqual(["resources true", "names true"]);
  });

  it("runs what has a higher priority first", async () => {
    const lines = await output(`
      const block = task(() => { const end = Date.now() + 300; while (Date.now() < end); }, { name: "block" });
      const say = task((what) => { console.log(what); }, { name: "say" });
      const f = flow(async function f() {
        const cluster = [block.submit(), block.submit(), block.submit()];
        for (let i = 0; i < 3; i++) say.with({ priority: 0 }).submit("low");
        for (let i = 0; i < 3; i++) say.with({ priority: 9 }).submit("high");
      }, { taskRunner: new ClusterTaskRunner({ cluster: { ...own, workers: 1 } }) });
      await f();
    `);
    expect(lines).toEqual(["high", "high", "high", "low", "low", "low"]);
  });
});

describe("when things break", () => {
  it("a worker that dies under a task costs nothing but time; one that dies again and again crashes the run", async () => {
    const lines = await output(`
      import { existsSync, writeFileSync } from "node:fs";
      const once = task((marker) => {
        if (!existsSync(marker)) { writeFileSync(marker, ""); process.kill(process.pid, "SIGKILL"); }
        return "survived";
      }, { name: "once" });
      const always = task(() => process.kill(process.pid, "SIGKILL"), { name: "always" });
      const f = flow(async function f() {
        console.log(await once.submit(process.cwd() + "/died").result());
        const state = await always.submit().wait();
        console.log(state.type, state.message.includes("worker"));
        return "over";
      }, { taskRunner: new ClusterTaskRunner({ cluster: { ...own, silenceLogs: true, config: { "scheduler.allowedFailures": 1, "nanny.backoff": 10 } } }) });
      await f();
    `);
    expect(lines).toEqual(["survived", "Crashed true"]);
  });

  it("a cluster that dies in the middle crashes what was running, and the program goes on and ends", async () => {
    const lines = await output(`
      const cluster = new LocalCluster(own);
      const endless = task(() => new Promise(() => {}), { name: "endless" });
      const f = flow(async function f() {
        const run = endless.submit();
        while (run.state().type !== "Running") await new Promise((r) => setTimeout(r, 20));
        void cluster.close();
        console.log((await run.wait()).type);
        return "over";
      }, { taskRunner: new ClusterTaskRunner({ cluster }) });
      console.log(await f().catch((error) => error.code));
    `);
    expect(lines).toEqual(["Crashed", "HEDDLE_RUN_CRASHED"]);
  });

  it("leaves no process behind when it is interrupted", async () => {
    await using program = script(
      folder,
      `${greetings}
      const endless = task(() => { for (;;); }, { name: "endless" });
      await flow(async function f() {
        const run = endless.submit();
        while (run.state().type !== "Running") await new Promise((r) => setTimeout(r, 20));
        console.log("ready");
      }, { taskRunner: new ClusterTaskRunner({ cluster: own }) })();`,
    );
    await program.prints(/ready/);
    const children = descendantsOf(program.pid);
    expect(children.length).toBeGreaterThanOrEqual(3);
    program.interrupt();
    await program.ended;
    await expect.poll(() => children.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  });
});

describe("a cluster by hand", () => {
  it("runs a flow at its address, caching results that another program finds again", async () => {
    await using scheduler = heddle(folder, ["scheduler", "--port", "0", "--no-dashboard"]);
    const [, address] = await scheduler.prints(/scheduler at (\S+)/);
    // Where neither the program's files nor any package are installed.
    const elsewhere = mkdtempSync(join(tmpdir(), "heddle-test-"));
    await using worker: Program = heddle({ path: elsewhere } as Folder, ["worker", address!, "--name", "far"]);
    await worker.prints(/has joined/);
    const source = `
      const slow = task((x) => { console.log("computing"); return x * 2; },
        { name: "slow", persistResult: true, cacheKey: (_context, { x }) => "slow-" + x });
      const f = flow(async function f() {
        const run = slow.submit(21);
        console.log(await run.result(), run.state().name, run.states().map((state) => state.details.worker ?? "-").join());
      }, { taskRunner: new ClusterTaskRunner({ address: ${JSON.stringify(address)} }) });
      await f();
    `;
    expect(await output(source)).toEqual(["computing", "42 Completed -,far,-"]);
    expect(await output(source)).toEqual(["42 Cached -,far,-"]);
    rmSync(elsewhere, { recursive: true });
  });
});
