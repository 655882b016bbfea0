/** What is in the history file after flows on real clusters: who ran what, what they left, and how they ended when things broke. */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HistoryReader, isFinal, type ArtifactRecord, type FlowRunRecord } from "@heddle/flows/history";
import type { FlowRunDetail } from "@heddle/protocol/dashboard";
import { descendantsOf, isAlive } from "./support/processes.js";
import { Folder, heddle, run, script, type ProgramEnd } from "./support/programs.js";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder[Symbol.dispose]());

const HEAD = `
  import { ClusterTaskRunner, ConcurrentTaskRunner, LocalCluster, artifact, flow, log, task } from "heddle";
  const own = { workers: 2, port: 0, dashboard: false };
  const get = async (cluster, path) => {
    const answer = await fetch(new URL("api/v1/" + path, cluster.dashboardUrl), { headers: { authorization: "Bearer " + cluster.token } });
    return answer.json();
  };
  const until = async (condition) => { while (!condition()) await new Promise((r) => setTimeout(r, 20)); };
`;

/** Runs a program to its good end. @returns what it printed */
async function output(source: string): Promise<string> {
  await using program = script(folder, HEAD + source);
  const { status, stdout, stderr } = await run(program);
  if (status !== 0) throw new Error(`status ${status}\n${stdout}\n${stderr}`);
  return stdout;
}

/** The history file, opened as another process does. */
function history(): HistoryReader {
  return HistoryReader.open(join(folder.path, "history.db"));
}

function onlyRun(reader: HistoryReader): FlowRunRecord {
  const runs = reader.flowRuns();
  expect(runs).toHaveLength(1);
  return runs[0]!;
}

describe("the worker of a run", () => {
  it("is in its states once, in the history, in what the command line prints, and in both dashboards", async () => {
    const printed = await output(`
      const cluster = new LocalCluster({ ...own, workers: 1, dashboard: { port: 0 } });
      await cluster.ready;
      const once = task((x) => x, { name: "once" });
      const twice = task(() => { if (globalThis.tried !== true) { globalThis.tried = true; throw new Error("not yet"); } }, { name: "twice", retries: 1 });
      const here = task(async () => "here", { name: "here" });
      const f = flow(async function f() {
        await once.submit(1).result();
        await twice.submit().wait();
        await here();
      }, { taskRunner: new ClusterTaskRunner({ cluster }) });
      await f();
      const [{ id }] = await get(cluster, "flows");
      const detail = await get(cluster, "flows/" + id);
      console.log(JSON.stringify(detail.taskRuns.map(({ name, worker }) => [name, worker ?? null])));
      await cluster.close();
    `);
    const shown = JSON.parse(printed) as [string, string | null][];
    const worker = shown[0]![1];
    expect(worker).toEqual(expect.any(String));
    expect(shown).toEqual([
      ["once-0", worker],
      ["twice-0", worker],
      ["here-0", null],
    ]);

    using reader = history();
    const { id } = onlyRun(reader);
    const runs = reader.taskRuns(id);
    expect(runs.map((each) => each.worker)).toEqual([worker, worker, undefined]);
    const states = reader.states(id, 1);
    expect(states.map((state) => [state.name, state.worker])).toEqual([
      ["Running", worker],
      ["AwaitingRetry", undefined],
      ["Retrying", worker],
      ["Completed", undefined],
    ]);
    for (const state of states) expect(state.details ?? {}).not.toHaveProperty("worker");

    await using show = heddle(folder, ["flows", "show", id]);
    const { stdout } = await run(show);
    expect(stdout).toMatch(new RegExp(`once-0 .* on ${worker!}\n`));
    expect(stdout).toMatch(/here-0 +[^\n]*ms\n/);

    await using dashboard = heddle(folder, ["dashboard", "--port", "0"]);
    const [url] = await dashboard.prints(/http:\S+/);
    const detail = (await (await fetch(new URL(`api/v1/flows/${id}`, url))).json()) as FlowRunDetail;
    expect(detail.taskRuns.map((each) => each.worker)).toEqual([worker, worker, undefined]);
  });
});

describe("artifacts of tasks", () => {
  /** Larger than a message, and of more bytes than characters. */
  const BIG = 900_000;
  const TASKS = `
    const leave = task((length) => {
      artifact.markdown({ key: "report", markdown: "# \\u{1F9F5} \\ud800", description: "of a worker" });
      artifact.table({ key: "rows", rows: [{ route: "/", ms: 12 }] });
      artifact.link({ key: "bucket", url: "https://example.org", text: "all" });
      artifact.markdown({ key: "big", markdown: "ü".repeat(length / 2) });
      artifact.markdown({ key: "last", markdown: "after it" });
    }, { name: "leave" });
    const tooBig = task(() => artifact.markdown({ key: "too-big", markdown: "x".repeat(2 ** 20) }), { name: "too_big" });
  `;
  const EXPECTED = [
    ["markdown", "report", "of a worker", "# \u{1F9F5} \ud800"],
    ["table", "rows", "", [{ route: "/", ms: 12 }]],
    ["link", "bucket", "", { url: "https://example.org", text: "all" }],
    ["markdown", "big", "", "ü".repeat(BIG / 2)],
    ["markdown", "last", "", "after it"],
  ];
  const parts = ({ type, key, description, data }: ArtifactRecord) => [type, key, description, data];

  it.each([
    ["on workers", "new ClusterTaskRunner({ cluster: own })"],
    ["on threads", "new ConcurrentTaskRunner({ threads: 2 })"],
    ["in the flow's process", "new ConcurrentTaskRunner()"],
  ])("%s reach the history, small and large, and are refused when they are too large", async (_, runner) => {
    const printed = await output(`
      ${TASKS}
      const f = flow(async function f() {
        await leave.submit(${BIG}).result();
        const state = await tooBig.submit().wait();
        const error = await state.result({ raiseOnFailure: false });
        console.log(state.type, error.code, error.message);
        return "over";
      }, { taskRunner: ${runner} });
      await f();
    `);
    expect(printed).toBe(
      "Failed HEDDLE_ARTIFACT_INVALID the artifact too-big is 1048578 bytes, more than flows.maxArtifact allows (1048576): leave a link to it\n",
    );
    using reader = history();
    const { id } = onlyRun(reader);
    const artifacts = reader.artifacts(id);
    expect(artifacts.map(parts)).toEqual(EXPECTED);
    const { started, ended } = reader.taskRuns(id)[0]!;
    for (const { number, time } of artifacts) {
      expect(number).toBe(0);
      // The clock that stamps them, not the one that receives them; a run's times are whole milliseconds.
      expect(time).toBeGreaterThanOrEqual(Math.floor(started!));
      expect(time).toBeLessThanOrEqual(Math.ceil(ended!));
    }
  });

  it("obey the limit that holds in the flow's process, also on workers", async () => {
    await using program = script(
      folder,
      `process.env.HEDDLE_FLOWS_MAX_ARTIFACT = "100B";
      const { ClusterTaskRunner, artifact, flow, task } = await import("heddle");
      const leave = task((length) => artifact.markdown({ key: "k", markdown: "x".repeat(length) }), { name: "leave" });
      const f = flow(async function f() {
        const states = [leave.submit(98), leave.submit(99)].map((run) => run.wait());
        console.log((await Promise.all(states)).map((state) => state.type).join());
        return "over";
      }, { taskRunner: new ClusterTaskRunner({ cluster: { workers: 1, port: 0, dashboard: false } }) });
      await f();`,
    );
    expect(await run(program)).toMatchObject({ status: 0, stdout: "Completed,Failed\n" });
  });

  it("reach the cluster's dashboard; what is more than a message holds is mentioned there", async () => {
    const printed = await output(`
      ${TASKS}
      const cluster = new LocalCluster({ ...own, workers: 1, dashboard: { port: 0 } });
      await cluster.ready;
      const loud = task(() => { throw new Error("!".repeat(400_000)); }, { name: "loud" });
      const f = flow(async function f() { await leave.submit(${BIG}).result(); await loud.submit().wait(); return "over"; }, { taskRunner: new ClusterTaskRunner({ cluster }) });
      await f();
      const [{ id }] = await get(cluster, "flows");
      const { artifacts, taskRuns } = await get(cluster, "flows/" + id);
      console.log(JSON.stringify(artifacts));
      console.log(JSON.stringify(taskRuns.map((each) => [each.state, each.message?.slice(0, 10)])));
      await cluster.close();
    `);
    const [artifacts, taskRuns] = printed
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    // A long message costs the dashboard some of it, not the end of the run.
    expect(taskRuns).toEqual([
      ["Completed", null],
      ["Failed", "Error: !!!"],
    ]);
    expect((artifacts as ArtifactRecord[]).map(parts)).toEqual(
      EXPECTED.map((each) =>
        each[1] === "big" ? [...each.slice(0, 3), expect.stringMatching(/^\*880 KiB/) as string] : each,
      ),
    );
  });
});

describe("a flow on a cluster", () => {
  const wait = `
      const quick = task((x) => x, { name: "quick" });
      const endless = task(() => { for (;;); }, { name: "endless" });
      const after = task((x) => x, { name: "after" });
  `;

  it("that is interrupted is Cancelled with all its task runs, and nothing of it is left", async () => {
    await using program = script(
      folder,
      `${HEAD} ${wait}
      await flow(async function f() {
        await quick.submit(1).wait();
        const run = endless.submit();
        after.submit(run);
        await until(() => run.state().type === "Running");
        console.log("ready");
        await run.wait();
      }, { taskRunner: new ClusterTaskRunner({ cluster: own }) })();`,
    );
    await program.prints(/ready/);
    const children = descendantsOf(program.pid);
    expect(children.length).toBeGreaterThanOrEqual(3);
    program.interrupt();
    expect(await program.ended).toEqual({ status: null, signal: "SIGINT" });
    await expect.poll(() => children.filter(isAlive), { timeout: 10_000 }).toEqual([]);

    using reader = history();
    const flowRun = onlyRun(reader);
    expect(flowRun).toMatchObject({ state: { type: "Cancelled" }, ended: expect.any(Number) as number });
    expect(reader.states(flowRun.id).at(-1)?.type).toBe("Cancelled");
    const runs = reader.taskRuns(flowRun.id);
    expect(runs.map(({ name, state }) => [name, state.type])).toEqual([
      ["quick-0", "Completed"],
      ["endless-0", "Cancelled"],
      ["after-0", "Cancelled"],
    ]);
    for (const each of runs) expect(isFinal(each.state.type) && each.ended !== undefined).toBe(true);
  });

  it.each([
    ["whose body returns nothing", "", undefined],
    ["whose body waits for a result", "await run.result();", undefined],
    ["whose body returns something else", "await run.wait(); return { run: 1 };", undefined],
    ["whose body says how it ended", 'await run.wait(); return Failed({ message: "gave up" });', "Failed"],
  ])("%s and whose cluster dies in the middle is Crashed, unless it says so", async (_, rest, own) => {
    await using program = script(
      folder,
      `import { Failed } from "heddle";
      ${HEAD} ${wait}
      const cluster = new LocalCluster(own);
      await cluster.ready;
      const f = flow(async function f() {
        await quick.submit(1).wait();
        const run = endless.submit();
        after.submit(run);
        await until(() => run.state().type === "Running");
        console.log("ready");
        void cluster.close();
        ${rest}
      }, {
        taskRunner: new ClusterTaskRunner({ cluster }),
        retries: 1,
        onCrashed: [(flow, run, state) => console.log("hook", state.type)],
      });
      await f().catch((error) => console.log(error.code, error.cause?.code));`,
    );
    await program.prints(/ready/);
    const children = descendantsOf(program.pid);
    expect(await program.ended).toEqual({ status: 0, signal: null });
    await expect.poll(() => children.filter(isAlive), { timeout: 10_000 }).toEqual([]);

    using reader = history();
    const flowRun = onlyRun(reader);
    expect(flowRun.ended).toEqual(expect.any(Number));
    const states = reader.states(flowRun.id).map(({ name, message }) => [name, message]);
    if (own === undefined) {
      expect(program.stdout).toBe("ready\nhook Crashed\nHEDDLE_RUN_CRASHED HEDDLE_CLUSTER_CLOSED\n");
      expect(states).toEqual([
        ["Running", undefined],
        ["Crashed", expect.stringMatching(/ crashed: .*closed/)],
      ]);
    } else {
      expect(states).toEqual([
        ["Running", undefined],
        ["Failed", "gave up"],
      ]);
    }
    // It is not tried again: there is nothing to run it on.
    const runs = reader.taskRuns(flowRun.id);
    expect(runs.map(({ name, state }) => [name, state.name])).toEqual([
      ["quick-0", "Completed"],
      ["endless-0", "Crashed"],
      ["after-0", "NotReady"],
    ]);
    expect(reader.states(flowRun.id, 1).map((state) => state.type)).toEqual(["Running", "Crashed"]);
  });

  it("whose scheduler is killed is Crashed when it has been looked for in vain", async () => {
    await using scheduler = heddle(folder, ["scheduler", "--port", "0", "--no-dashboard"]);
    const [address] = await scheduler.prints(/ws:\S+/);
    await using worker = heddle(folder, ["worker", address]);
    await using program = script(
      folder,
      `process.env.HEDDLE_CLIENT_RECONNECT_TIMEOUT = "500ms";
      const { ClusterTaskRunner, flow, task } = await import("heddle");
      const quick = task((x) => x, { name: "quick" });
      const endless = task(() => { for (;;); }, { name: "endless" });
      const f = flow(async function f() {
        console.log(await quick.submit("ready").result());
        await endless.submit().wait();
      }, { taskRunner: new ClusterTaskRunner({ address: ${JSON.stringify(address)} }) });
      await f().catch((error) => console.log(error.code, error.cause?.code));`,
    );
    await program.prints(/ready/);
    process.kill(scheduler.pid, "SIGKILL");
    expect(await program.ended).toEqual({ status: 0, signal: null });
    expect(program.stdout).toBe("ready\nHEDDLE_RUN_CRASHED HEDDLE_SCHEDULER_UNREACHABLE\n");
    process.kill(worker.pid, "SIGKILL");
    using reader = history();
    const flowRun = onlyRun(reader);
    expect(reader.states(flowRun.id).map(({ name }) => name)).toEqual(["Running", "Crashed"]);
    expect(reader.taskRuns(flowRun.id).map(({ name, state }) => [name, state.name])).toEqual([
      ["quick-0", "Completed"],
      ["endless-0", "Crashed"],
    ]);
  });

  it("that has no use for its cluster any more, when that goes, ends as its body does", async () => {
    expect(
      await output(`
      ${wait}
      const run = async (end) => {
        const cluster = new LocalCluster(own);
        const f = flow(async function f() {
          const value = await quick.submit(1).result();
          await cluster.close();
          return end(value);
        }, { taskRunner: new ClusterTaskRunner({ cluster }) });
        return await f().catch((error) => error.message);
      };
      console.log(await run((value) => value));
      console.log(await run(() => undefined));
      console.log(await run(() => { throw new Error("of its own"); }));`),
    ).toBe("1\nundefined\nof its own\n");
    using reader = history();
    expect(
      reader
        .flowRuns()
        .map(({ state }) => state.type)
        .sort(),
    ).toEqual(["Completed", "Completed", "Failed"]);
  });
});

describe("a flow whose process does not read for a while", () => {
  it("says how many messages were lost, and every run ends as it did", async () => {
    await using program = script(
      folder,
      `import { existsSync, writeFileSync } from "node:fs";
      // Little of what nobody reads is kept.
      process.env.HEDDLE_SCHEDULER_MAX_CLIENT_BACKLOG = "1MiB";
      const { ClusterTaskRunner, Failed, INPUTS, LocalStorage, flow, log, task } = await import("heddle");
      const mark = ${JSON.stringify(join(folder.path, "over"))};
      const resultStorage = new LocalStorage(${JSON.stringify(join(folder.path, "results"))});
      // Its place is a file.
      const notThere = new LocalStorage(${JSON.stringify(join(folder.path, "script.mjs"))});
      // Less than a worker sends at once, so that none is left out there.
      const loud = task((part) => { for (let i = 0; i < 90; i++) log.info(i + " ".repeat(32_000)); return part; }, { name: "loud" });
      const known = task((x) => x, { name: "known", cachePolicy: INPUTS, resultStorage });
      const kept = task((x) => { throw new Error("kept" + x); }, { name: "kept", persistResult: true, resultStorage });
      const late = task(() => Failed({ name: "TimedOut", message: "late" }), { name: "late" });
      const unkept = task((x) => x, { name: "unkept", persistResult: true, resultStorage: notThere });
      // After the others, as well as can be told from here.
      const over = task(async () => { await new Promise((resolve) => setTimeout(resolve, 300)); writeFileSync(mark, ""); }, { name: "over", priority: -1 });
      const f = flow(async function f() {
        await known.submit(1).result();
        const waitFor = [0, 1, 2, 3, 4].map((part) => loud.submit(part));
        known.with({ waitFor }).submit(1);
        kept.with({ waitFor }).submit(1);
        late.with({ waitFor }).submit();
        unkept.with({ waitFor }).submit(1);
        over.with({ waitFor }).submit();
        // In a later turn, when what was submitted is on its way.
        await new Promise((resolve) => setTimeout(resolve, 50));
        while (!existsSync(mark));
        return { over: true };
      }, { taskRunner: new ClusterTaskRunner({ cluster: { workers: 1, port: 0, dashboard: false } }) });
      await f();`,
    );
    expect(await run(program)).toMatchObject({ status: 0 });
    using reader = history();
    const { id } = onlyRun(reader);
    expect(reader.taskRuns(id).map(({ name, state }) => `${name} ${state.name}`)).toEqual([
      "known-0 Completed",
      ...[0, 1, 2, 3, 4].map((part) => `loud-${part} Completed`),
      "known-1 Cached",
      "kept-0 Failed",
      "late-0 TimedOut",
      "unkept-0 Crashed",
      "over-0 Completed",
    ]);
    expect(reader.states(id, 7).at(-1)).toMatchObject({ result: { key: expect.any(String) as string } });
    const { lines } = reader.logs(id, { limit: 1_000 });
    const lost = lines.flatMap(({ message }) => /^(\d+) messages were lost/.exec(message)?.[1] ?? []).map(Number);
    expect(lost.length).toBeGreaterThan(0);
    const loud = lines.filter(({ message }) => /^\d+ {9}/.test(message));
    expect(lost.reduce((sum, each) => sum + each, loud.length)).toBe(5 * 90);
  });
});

describe("a history that cannot be written", () => {
  const FLOW = `
    const { ClusterTaskRunner, flow, task } = await import("heddle");
    const talk = task((x) => { console.log("z".repeat(8000)); return x; }, { name: "talk" });
    const f = flow(async function f() {
      const runs = Array.from({ length: 500 }, (_, i) => talk.submit(i));
      return (await Promise.all(runs.map((run) => run.result()))).length;
    }, { taskRunner: new ClusterTaskRunner({ cluster: { workers: 1, port: 0, dashboard: false } }) });
    const count = await f();
    console.error("runs", count);
  `;
  const told = (text: string): string[] => text.match(/\[HEDDLE_HISTORY_NOT_WRITTEN\]/g) ?? [];

  it("for want of permission is one warning; the flow completes", async () => {
    const place = join(folder.path, "read-only");
    mkdirSync(place);
    chmodSync(place, 0o555);
    chmodSync(folder.path, 0o777);
    folder.write(
      "flow.mjs",
      `// Nothing is read-only for root.
      if (process.getuid() === 0) process.setuid(65534);
      process.env.HEDDLE_FLOWS_HISTORY_FILE = ${JSON.stringify(join(place, "history.db"))};
      ${FLOW}`,
    );
    const { stderr, ...end } = await shell(`exec "${process.execPath}" flow.mjs`);
    expect(end).toEqual({ status: 0, signal: null });
    expect(told(stderr)).toHaveLength(1);
    expect(stderr).toMatch(/EACCES/);
    expect(stderr).toMatch(/^runs 500$/m);
  });

  it("for want of room is one warning; the flow completes, and what was written can be read", async () => {
    folder.write("flow.mjs", FLOW);
    const { stderr, ...end } = await shell(`trap '' XFSZ; ulimit -f 2048; exec "${process.execPath}" flow.mjs`);
    expect(end).toEqual({ status: 0, signal: null });
    expect(told(stderr)).toHaveLength(1);
    expect(stderr).toMatch(/^runs 500$/m);
    using reader = history();
    const flowRun = onlyRun(reader);
    // It had no room for its end: whoever reads sees that the process is gone.
    expect(flowRun.state.type).toBe("Crashed");
    const written = reader.taskRuns(flowRun.id, { limit: 1_000 }).length;
    expect(written).toBeGreaterThan(0);
    expect(reader.logs(flowRun.id).lines.length).toBeGreaterThan(0);
  });

  /** Through a shell, which can set limits. */
  async function shell(command: string): Promise<ProgramEnd & { readonly stderr: string }> {
    const env = { ...process.env, HEDDLE_HOME: folder.path };
    const child = spawn("sh", ["-c", command], { cwd: folder.path, env, stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    return new Promise((resolve) => child.once("close", (status, signal) => resolve({ status, signal, stderr })));
  }
});
