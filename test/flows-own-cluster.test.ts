/** Flows with a cluster of their own, however they end: nothing of it is left, and a body that runs again finds what it had. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { HistoryReader } from "@heddle/flows/history";
import { Folder, run, script } from "./support/programs.js";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder[Symbol.dispose]());

const HEAD = `
  import { appendFileSync, existsSync, readFileSync } from "node:fs";
  import { ClusterTaskRunner, flow, runContext, task } from "heddle";
  const children = () => readFileSync("/proc/self/task/" + process.pid + "/children", "utf8").split(" ").length - 1;
  const taskRunner = new ClusterTaskRunner({ cluster: { workers: 1, port: 0, dashboard: false, silenceLogs: true } });
`;

async function output(source: string, warning = /^$/): Promise<string[]> {
  await using program = script(folder, HEAD + source);
  const { stdout, ...end } = await run(program);
  expect(end).toEqual({ status: 0, signal: null, stderr: expect.stringMatching(warning) as string });
  return stdout.trimEnd().split("\n");
}

it("[3, 4, 5] waits for what it submitted, and leaves no process, when its body throws, runs out of time, or is cancelled", async () => {
  const lines = await output(`
    const note = ${JSON.stringify(join(folder.path, "noted"))};
    const endless = task(() => { for (;;); }, { name: "endless" });
    const late = task(() => new Promise((resolve) => setTimeout(resolve, 300)).then(() => { appendFileSync(note, "late"); return "late"; }), { name: "late" });
    const running = async (run) => { while (run.state().type !== "Running") await new Promise((resolve) => setTimeout(resolve, 5)); };
    const ways = {
      throws: flow(async () => { lost = late.submit(); throw new Error("its own"); }, { name: "throws", taskRunner }),
      "out of time": flow(async () => { await running(endless.submit()); await new Promise(() => {}); }, { name: "late", taskRunner, timeout: "1s" }),
      cancelled: flow(async () => { await running(endless.submit()); this_.cancel(); }, { name: "cancelled", taskRunner }),
    };
    let this_, lost;
    await Promise.all(Object.entries(ways).map(async ([name, way]) => {
      const run = way.submit();
      if (name === "cancelled") this_ = run;
      ways[name] = await run.result({ raiseOnFailure: false });
    }));
    // Its value went with the cluster: nobody asked for it in time, and it was not to be kept.
    const { code, message } = await (await lost.wait()).result().catch((error) => error);
    console.log(String(lost.state()), code, message.includes("persistResult: true"));
    console.log(children(), existsSync(note), Object.values(ways).map(({ name }) => name).join());
  `);
  expect(lines).toEqual(["Completed() HEDDLE_RESULT_MISSING true", "0 true Error,FlowTimeoutError,CancelledRunError"]);
  using reader = HistoryReader.open(join(folder.path, "history.db"));
  const ended = reader.flowRuns().map(({ id, flow, state }) => {
    const [task] = reader.taskRuns(id);
    return `${flow} ${state.name}: ${task!.name} ${task!.state.name}`;
  });
  expect(ended.sort()).toEqual([
    "cancelled Cancelled: endless-0 Cancelled",
    "late TimedOut: endless-0 Cancelled",
    "throws Failed: late-0 Completed",
  ]);
});

it("[flow retries] on a cluster: what completed is not run again, what failed is tried afresh, a failed child gets a new run", async () => {
  const lines = await output(`
    const note = ${JSON.stringify(join(folder.path, "ran"))};
    const ran = () => readFileSync(note, "utf8").trimEnd().split("\\n");
    const good = task((x) => { appendFileSync(note, "good " + x + "\\n"); return { x }; }, { name: "good" });
    const bad = task((note, until) => {
      appendFileSync(note, "bad\\n");
      if (readFileSync(note, "utf8").split("bad").length - 1 < until) throw new RangeError("not yet");
      return "well";
    }, { name: "bad", retries: 1 });
    const child = flow(async function child(attempt) { if (attempt < 3) throw new Error("a child of attempt " + attempt); return "child"; });
    let attempt = 0, kept;
    const f = flow(async function f() {
      attempt++;
      const made = [good.submit(1), good.submit(2)];
      kept = made[1];
      const well = await bad.submit(note, 3).result();
      return [...await Promise.all(made.map((run) => run.result())), well, await child(attempt)];
    }, { taskRunner, retries: 2 });
    console.log(JSON.stringify(await f()), attempt, children());
    console.log(ran().sort().join());
    // Kept for the next attempt, and so beyond the cluster.
    console.log(JSON.stringify(await (await kept.wait()).result()));
  `);
  expect(lines).toEqual(['[{"x":1},{"x":2},"well","child"] 3 0', "bad,bad,bad,good 1,good 2", '{"x":2}']);

  using reader = HistoryReader.open(join(folder.path, "history.db"));
  const parent = reader.flowRuns().find(({ flow }) => flow === "f")!;
  const names = (id: string, number?: number): string =>
    reader
      .states(id, number)
      .map(({ name }) => name)
      .join();
  expect(names(parent.id)).toBe("Running,AwaitingRetry,Retrying,AwaitingRetry,Retrying,Completed");
  const children = reader.flowRuns().filter(({ flow }) => flow === "child");
  expect(children.map(({ state }) => state.name).sort()).toEqual(["Completed", "Failed"]);
  const runs = reader.taskRuns(parent.id).map(({ name, number }) => `${name} ${names(parent.id, number)}`);
  expect(runs).toEqual([
    "good-0 Running,Completed",
    "good-1 Running,Completed",
    "bad-0 Running,AwaitingRetry,Retrying,Failed,Pending,Running,Completed",
    // Of the third attempt there is a run of its own.
    "child-0 Running,Failed",
    "child-0 Running,Completed",
  ]);
});

it("grows with what there is to do, and leaves a report of it, also of a flow that failed", async () => {
  const lines = await output(
    `
    import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
    import { currentTask } from "heddle";
    const here = ${JSON.stringify(folder.path)};
    const marks = here + "/marks";
    mkdirSync(marks);
    // Ends only when there are two workers.
    const meet = task(() => {
      writeFileSync(marks + "/" + currentTask().worker, "");
      while (readdirSync(marks).length < 2) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }, { name: "meet" });
    const runnerWith = (performanceReport) =>
      new ClusterTaskRunner({ cluster: { workers: 1, port: 0, dashboard: { port: 0 } }, adapt: { minimum: 1, maximum: 2 }, performanceReport });
    const body = async function grows() { await Promise.all(meet.map([1, 2, 3, 4, 5, 6]).map((run) => run.wait())); throw new Error("its own"); };
    const failing = flow(body, { taskRunner: runnerWith(here + "/report.html") });
    const error = await failing().catch((error) => error.message);
    console.log(error, readdirSync(marks).length, children());
  `,
  );
  expect(lines).toEqual(["its own 2 0"]);
  expect(readFileSync(join(folder.path, "report.html"), "utf8")).toMatch(/<title>grows: [a-z]+-[a-z]+<\/title>/);
});

it("does not begin when its report cannot be written, and gives its result when that turns out after it", async () => {
  const lines = await output(
    `
    import { mkdirSync, rmSync } from "node:fs";
    const here = ${JSON.stringify(folder.path)};
    mkdirSync(here + "/folder");
    mkdirSync(here + "/vanishing");
    const begun = [];
    const reporting = (name, performanceReport, body) => {
      const taskRunner = new ClusterTaskRunner({ cluster: { workers: 1, port: 0, dashboard: { port: 0 } }, performanceReport });
      return flow(async () => { begun.push(name); return body?.(); }, { name, taskRunner });
    };
    const code = (error) => error.code + ":" + error.cause.code + ":" + error.message.includes("report " + here);
    const outcomes = await Promise.all([
      reporting("folder", here + "/folder")().catch(code),
      reporting("nowhere", here + "/no/such.html")().catch(code),
      reporting("vanishing", here + "/vanishing/r.html", () => { rmSync(here + "/vanishing", { recursive: true }); return 1; })(),
    ]);
    console.log(...outcomes, begun.join(), children());
  `,
    /performance report .*vanishing\/r.html could not be written: ENOENT/,
  );
  expect(lines).toEqual([`${"HEDDLE_RUN_CRASHED:HEDDLE_REPORT_FILE:true ".repeat(2)}1 vanishing 0`]);
  using reader = HistoryReader.open(join(folder.path, "history.db"));
  const [{ id } = { id: "" }] = reader.flowRuns({ flow: "vanishing" });
  expect(reader.logs(id).lines).toMatchObject([
    { level: "warn", message: expect.stringContaining("could not be written: ENOENT") as string },
  ]);
});

it("leaves no process either when it cannot be used", async () => {
  const lines = await output(`
    const broken = new ClusterTaskRunner({ cluster: { workers: 1, port: 0, dashboard: false, silenceLogs: true }, adapt: { maximum: 1.5 } });
    console.log(await flow(async () => 1, { name: "broken", taskRunner: broken })().catch((error) => error.code));
    while (children() > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  `);
  expect(lines).toEqual(["HEDDLE_RUN_CRASHED"]);
});
