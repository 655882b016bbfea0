/** `heddle flows`: the history of flow runs on the command line. */
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HistorySink, type RunEvent } from "@heddle/flows";
import { Folder, heddle, run, script } from "./support/programs.js";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder[Symbol.dispose]());

const call = async (args: readonly string[], env?: Record<string, string | undefined>) => {
  await using program = heddle(folder, ["flows", ...args], env);
  return await run(program);
};

const json = async (args: readonly string[]): Promise<unknown> => {
  const { status, stdout, stderr } = await call([...args, "--json"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout);
};

const id = (start: string): string => start.padEnd(32, "0");
const [PARENT, CHILD] = [id("aaa1"), id("aaa2")];
const NOW = Date.now();

function begin(flowRun: string, name: string, more: object = {}): RunEvent {
  const rest = {
    flow: "etl",
    version: "1",
    runner: "concurrent",
    tags: ["nightly"],
    parameters: '{"day":1}',
    time: NOW,
  };
  return { kind: "flowRun", flowRun, name, ...rest, ...more };
}

function state(
  flowRun: string,
  number: number,
  type: "Running" | "Completed" | "Failed",
  time: number,
  more = {},
): RunEvent {
  return { kind: "state", flowRun, number, type, name: type, time: NOW + time, ...more };
}

function taskRun(flowRun: string, number: number, name: string, more: object = {}): RunEvent {
  const task = name.replace(/-\d+$/, "");
  return { kind: "taskRun", flowRun, number, name, task, tags: [], upstream: [], time: NOW, ...more };
}

const log = (number: number, level: "debug" | "info" | "warn", message: string): RunEvent => ({
  kind: "log",
  flowRun: PARENT,
  number,
  time: NOW,
  level,
  message,
});

/** A flow run of three task runs: one completed at the second attempt, one failed, one is a subflow. */
const EVENTS: readonly RunEvent[] = [
  begin(PARENT, "brave-otter"),
  state(PARENT, -1, "Running", 0),
  taskRun(PARENT, 0, "extract-0"),
  state(PARENT, 0, "Running", 0),
  state(PARENT, 0, "Running", 200, { name: "Retrying" }),
  log(0, "debug", "detail"),
  log(0, "info", "read 7 rows\nof 9 \u001b[31mred"),
  state(PARENT, 0, "Completed", 1_500),
  taskRun(PARENT, 1, "load-0"),
  state(PARENT, 1, "Running", 0),
  log(1, "warn", "about to fail"),
  state(PARENT, 1, "Failed", 12, { name: "TimedOut", message: "TypeError: no good" }),
  taskRun(PARENT, 2, "child-0", { childFlowRun: CHILD }),
  begin(CHILD, "calm-fox", { flow: "child", parent: { flowRun: PARENT, number: 2 } }),
  state(CHILD, -1, "Running", 0),
  taskRun(CHILD, 0, "shout-0"),
  state(CHILD, 0, "Running", 0),
  state(CHILD, 0, "Completed", 30),
  state(CHILD, -1, "Completed", 40),
  state(PARENT, 2, "Running", 0),
  state(PARENT, 2, "Completed", 40),
  state(PARENT, -1, "Failed", 2_000, { message: "1/3 runs failed" }),
];

async function keep(events: readonly RunEvent[] = EVENTS): Promise<void> {
  const sink = new HistorySink({ file: join(folder.path, "history.db") });
  sink.take(events);
  await sink.close();
}

describe("before any flow has run", () => {
  it("ls says so, and where the history will be", async () => {
    for (const args of [[], ["ls"]])
      expect(await call(args)).toMatchObject({
        status: 0,
        stdout: "",
        stderr: `no flow runs yet: the first flow that runs makes ${join(folder.path, "history.db")}\n`,
      });
    expect(await json(["ls"])).toEqual([]);
    expect((await call(["ls"], { HEDDLE_FLOWS_HISTORY: "false" })).stderr).toMatch(/flows\.history is false/);
  });

  it("show and logs fail", async () => {
    for (const command of ["show", "logs"]) {
      const { status, stdout, stderr } = await call([command, "brave-otter"]);
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr).toMatch(/there is no run history yet.*\(HEDDLE_NO_HISTORY\)/);
    }
  });
});

describe("ls", () => {
  it("lists flow runs, newest first", async () => {
    await keep();
    const { stdout } = await call(["ls"]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^ +FLOW +RUN +ID +STATE +TASKS +CREATED +TOOK$/);
    expect(lines[1]).toMatch(/^✓ +child +calm-fox +aaa20000 +Completed +1 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +40 ms$/);
    expect(lines[2]).toMatch(/^✗ +etl +brave-otter +aaa10000 +Failed +2\/3 .* 2\.0 s +1\/3 runs failed$/);
    expect((await call([])).stdout).toBe(stdout);
  });

  it("lists those of a flow, in a state, of some time", async () => {
    await keep([
      ...EVENTS,
      begin(id("bbb"), "old-owl", { time: NOW - 3 * 3_600_000 }),
      state(id("bbb"), -1, "Completed", 1),
    ]);
    const names = async (...args: string[]): Promise<string[]> =>
      ((await json(["ls", ...args])) as { name: string }[]).map((run) => run.name);
    expect(await names()).toEqual(["old-owl", "calm-fox", "brave-otter"]);
    expect(await names("--flow", "child")).toEqual(["calm-fox"]);
    expect(await names("--state", "Failed")).toEqual(["brave-otter"]);
    expect(await names("--since", "1h")).toEqual(["calm-fox", "brave-otter"]);
    expect(await names("--limit", "1")).toEqual(["old-owl"]);
    expect((await call(["ls", "--limit", "1"])).stdout).toMatch(/the newest 1; there are more/);
    expect((await call(["ls", "--flow", "nobody"])).stdout).toBe("no flow runs are like this\n");
  });
});

describe("show", () => {
  it("prints the tree of a flow run", async () => {
    await keep();
    const { status, stdout } = await call(["show", "brave-otter"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^✗ Failed {2}brave-otter {2}1\/3 runs failed$/m);
    expect(stdout).toMatch(new RegExp(`^ {2}id +${PARENT}$`, "m"));
    expect(stdout).toMatch(/^ {2}parameters +\{"day":1\}$/m);
    expect(stdout.slice(stdout.indexOf("├─"))).toBe(
      [
        "├─ ✓ extract-0       1.5 s  2 attempts",
        "├─ ✗ load-0          12 ms  TimedOut",
        "│    TypeError: no good",
        "└─ ✓ child calm-fox  40 ms  subflow aaa20000",
        "   └─ ✓ shout-0  30 ms",
        "",
      ].join("\n"),
    );
    expect(await call(["show", "aaa1"])).toMatchObject({ stdout });
    expect((await call(["show", "calm-fox"])).stdout).toMatch(/parent +aaa10000, task run 2/);
  });

  it("shows those that failed when there are too many", async () => {
    const many = Array.from({ length: 100 }, (_, number) => [
      taskRun(PARENT, number, `load-${number}`),
      state(PARENT, number, number === 77 ? "Failed" : "Completed", 5),
    ]).flat();
    await keep([begin(PARENT, "brave-otter"), ...many]);
    const { stdout } = await call(["show", "brave-otter", "--limit", "3"]);
    expect(stdout).toMatch(/load-0\n.*load-1\n.*✗ load-77\n└─ … 97 more of 100 task runs \(--limit\)\n$/);
  });

  it("prints JSON", async () => {
    await keep();
    expect(await json(["show", PARENT])).toMatchObject({
      id: PARENT,
      state: { type: "Failed", message: "1/3 runs failed" },
      states: [{ type: "Running" }, { type: "Failed" }],
      taskRunList: [{ name: "extract-0", attempts: 2 }, { state: { name: "TimedOut" } }, { childFlowRun: CHILD }],
      artifacts: [],
    });
  });

  it("fails for what is not there, and asks for more of what is not clear", async () => {
    await keep();
    const unknown = await call(["show", "nobody"]);
    expect(unknown).toMatchObject({ status: 1, stdout: "" });
    expect(unknown.stderr).toMatch(/no flow run nobody.*\(HEDDLE_FLOW_RUN_UNKNOWN\)/);
    const ambiguous = await call(["show", "aaa"]);
    expect(ambiguous).toMatchObject({ status: 2, stdout: "" });
    expect(ambiguous.stderr).toContain(`${CHILD}, ${PARENT}`);
  });
});

describe("logs", () => {
  it("prints lines with time, level and run; what would control a terminal is shown", async () => {
    await keep();
    const { stdout } = await call(["logs", "brave-otter"]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info {2}extract-0 {2}read 7 rows$/);
    expect(lines[1]).toMatch(/^ +of 9 \\u001b\[31mred$/);
    expect(lines[2]).toMatch(/ warn {2}load-0 {2}about to fail$/);
  });

  it("prints those of a level and of a task", async () => {
    await keep();
    const messages = async (...args: string[]): Promise<string[]> =>
      ((await json(["logs", "brave-otter", ...args])) as { message: string }[]).map((line) => line.message);
    expect(await messages("--level", "debug")).toHaveLength(3);
    expect(await messages("--level", "warn")).toEqual(["about to fail"]);
    expect(await messages("--task", "load")).toEqual(["about to fail"]);
    expect(await messages("--task", "extract-0", "--level", "debug")).toHaveLength(2);
  });

  it("goes on with --follow until the flow run has ended", async () => {
    const sink = new HistorySink({ file: join(folder.path, "history.db") });
    sink.take([begin(PARENT, "brave-otter"), state(PARENT, -1, "Running", 0), log(-1, "info", "one")]);
    await sink.flush();
    await using program = heddle(folder, ["flows", "logs", "brave-otter", "--follow"]);
    await program.prints(/info {2}brave-otter {2}one\n/);
    sink.take([taskRun(PARENT, 0, "late-0"), log(0, "info", "two")]);
    await sink.flush();
    await program.prints(/info {2}late-0 {2}two\n/);
    sink.take([log(-1, "info", "three"), state(PARENT, -1, "Completed", 9)]);
    await sink.close();
    expect(await run(program)).toMatchObject({ status: 0, stdout: expect.stringMatching(/three\n$/) as string });
  });

  it("stops following at Ctrl-C", async () => {
    const sink = new HistorySink({ file: join(folder.path, "history.db") });
    sink.take([begin(PARENT, "brave-otter"), state(PARENT, -1, "Running", 0), log(-1, "info", "one")]);
    await sink.close();
    await using program = heddle(folder, ["flows", "logs", "brave-otter", "-f", "--json"]);
    await program.prints(/"message":"one","run":"brave-otter"\}\n/);
    program.interrupt();
    expect(await run(program)).toMatchObject({ status: 0, signal: null });
  });
});

it("knows the flows that a program ran", async () => {
  await using program = script(
    folder,
    `import { flow, task, log } from "@heddle/flows";
     const hello = task(async (name) => { log.info("hello " + name); }, { name: "say_hello" });
     const greetings = flow(async function greetings(names) { for (const name of names) hello.submit(name); });
     await greetings(["arthur", "trillian"]);`,
  );
  expect(await run(program)).toMatchObject({ status: 0 });
  const [only, ...others] = (await json(["ls"])) as { name: string; taskRuns: object }[];
  expect(others).toEqual([]);
  expect(only).toMatchObject({ flow: "greetings", state: { type: "Completed" }, taskRuns: { Completed: 2 } });
  expect((await call(["show", only!.name])).stdout).toMatch(/├─ ✓ say_hello-0 .*\n└─ ✓ say_hello-1 /);
  expect((await call(["logs", only!.name])).stdout).toMatch(
    /say_hello-0 {2}hello arthur\n.*say_hello-1 {2}hello trillian\n/,
  );
});
