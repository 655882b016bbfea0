/** What is written is what is read. */
import { describe, expect, it } from "vitest";
import { HistorySink } from "../../src/history/history-sink.js";
import { HistoryReader } from "../../src/history/reader/history-reader.js";
import type { RunEvent } from "../../src/history/run-event.js";
import { START, Scratch, flowRun, log, runId, state, taskRun, wholeRun } from "./scratch.js";

/** A reader of what a writer was given. */
async function kept(file: string, events: readonly RunEvent[]): Promise<HistoryReader> {
  const sink = new HistorySink({ file });
  sink.take(events);
  await sink.close();
  return HistoryReader.open(file);
}

const A = runId("aaaa");
const B = runId("bbbb");

describe("a flow run", () => {
  it("has what it began with, how it went, and the sum of its task runs", async () => {
    using scratch = new Scratch();
    using history = await kept(
      scratch.file,
      wholeRun(A, { name: "brave-otter", version: "v7", tags: ["nightly"], parent: { flowRun: B, number: 3 } }),
    );
    expect(history.flowRuns()).toEqual([
      {
        id: A,
        name: "brave-otter",
        flow: "greetings",
        version: "v7",
        runner: "concurrent",
        tags: ["nightly"],
        parameters: '{"names":["arthur"]}',
        parent: { flowRun: B, number: 3 },
        created: START,
        started: START + 1,
        ended: START + 6,
        state: { type: "Completed", name: "Completed", time: START + 6 },
        taskRuns: { Completed: 2 },
        host: expect.any(String) as string,
        pid: process.pid,
        changed: 1,
      },
    ]);
    expect(history.states(A).map((each) => each.type)).toEqual(["Pending", "Running", "Completed"]);
  });

  it("says in its state why it failed", async () => {
    using scratch = new Scratch();
    const message = "1/2 task runs failed";
    using history = await kept(scratch.file, [flowRun(A), state(A, -1, "Failed", 2, { message, name: "TimedOut" })]);
    expect(history.flowRun(A)?.state).toEqual({ type: "Failed", name: "TimedOut", time: START + 2, message });
  });

  it("is found by its id, by the beginning of it, and the newest by its name", async () => {
    using scratch = new Scratch();
    const [older, newer] = [runId("aab1"), runId("aac1")];
    using history = await kept(scratch.file, [
      ...wholeRun(older, { name: "brave-otter" }),
      ...wholeRun(newer, { name: "brave-otter" }),
      ...wholeRun(B, { name: "aac" }),
    ]);
    expect(history.flowRun(older)?.id).toBe(older);
    expect(history.flowRun("aab")?.id).toBe(older);
    expect(history.flowRun("brave-otter")?.id).toBe(newer);
    expect(history.flowRun("aac")?.id).toBe(B);
    expect(history.flowRun("nobody")).toBeUndefined();
    expect(history.flowRun("ffff")).toBeUndefined();
    expect(() => history.flowRun("aa")).toThrow(
      expect.objectContaining({ code: "HEDDLE_RUN_AMBIGUOUS", candidates: [newer, older] }) as Error,
    );
  });

  it("is listed by flow, state and time, newest first, a page at a time", async () => {
    using scratch = new Scratch();
    const ids = Array.from({ length: 9 }, (_, index) => runId(`a${index}`));
    using history = await kept(
      scratch.file,
      ids.flatMap((id, index) => [
        ...wholeRun(id, { flow: index % 3 === 0 ? "etl" : "greetings", time: START + index * 1_000 }),
        ...(index === 4 ? [state(id, -1, "Failed", 9)] : []),
      ]),
    );
    const list = (query: Parameters<HistoryReader["flowRuns"]>[0]): number[] =>
      history.flowRuns(query).map((run) => ids.indexOf(run.id));
    expect(list({ flow: "etl" })).toEqual([6, 3, 0]);
    expect(list({ state: "Failed" })).toEqual([4]);
    expect(list({ since: START + 6_500 })).toEqual([8, 7]);
    expect(list({ limit: 4 })).toEqual([8, 7, 6, 5]);
    expect(list({ limit: 4, before: ids[5]! })).toEqual([4, 3, 2, 1]);
    expect(list({ limit: 4, before: ids[1]! })).toEqual([0]);
  });
});

describe("a task run", () => {
  it("has its place in the graph, its attempts, and its latest state", async () => {
    using scratch = new Scratch();
    using history = await kept(scratch.file, [
      flowRun(A),
      taskRun(A, 0),
      taskRun(A, 1, { name: "custom", task: "load", tags: ["db"], upstream: [0], childFlowRun: B, key: "load-1" }),
      state(A, 1, "Pending", 1),
      state(A, 1, "Running", 2, { worker: "anna" }),
      state(A, 1, "Scheduled", 3, { name: "AwaitingRetry", message: "no good", details: { scheduledTime: START + 5 } }),
      state(A, 1, "Running", 5.25, { name: "Retrying" }),
      state(A, 1, "Completed", 6.5, { result: { key: "results/1", store: { type: "local" } } }),
    ]);
    expect(history.taskRuns(A)).toEqual([
      {
        flowRun: A,
        number: 0,
        name: "say_hello-0",
        task: "say_hello",
        tags: [],
        upstream: [],
        created: START,
        attempts: 0,
        state: { type: "Pending", name: "Pending", time: START },
        changed: 1,
      },
      {
        flowRun: A,
        number: 1,
        name: "custom",
        task: "load",
        tags: ["db"],
        upstream: [0],
        childFlowRun: B,
        key: "load-1",
        created: START + 1,
        started: START + 2,
        ended: START + 6.5,
        attempts: 2,
        state: {
          type: "Completed",
          name: "Completed",
          time: START + 6.5,
          result: { key: "results/1", store: { type: "local" } },
        },
        changed: 1,
      },
    ]);
    expect(history.states(A, 1)).toEqual([
      { type: "Pending", name: "Pending", time: START + 1 },
      { type: "Running", name: "Running", time: START + 2, worker: "anna" },
      {
        type: "Scheduled",
        name: "AwaitingRetry",
        time: START + 3,
        message: "no good",
        details: { scheduledTime: START + 5 },
      },
      { type: "Running", name: "Retrying", time: START + 5.25 },
      {
        type: "Completed",
        name: "Completed",
        time: START + 6.5,
        result: { key: "results/1", store: { type: "local" } },
      },
    ]);
  });

  it("is listed by state and task, a page at a time", async () => {
    using scratch = new Scratch();
    using history = await kept(scratch.file, [
      flowRun(A),
      ...Array.from({ length: 10 }, (_, number) =>
        taskRun(A, number, { task: number < 5 ? "extract" : "load", name: "x" }),
      ),
      ...[1, 6, 8].map((number) => state(A, number, "Failed", 1)),
    ]);
    const numbers = (query: Parameters<HistoryReader["taskRuns"]>[1]): number[] =>
      history.taskRuns(A, query).map((run) => run.number);
    expect(numbers({ state: "Failed" })).toEqual([1, 6, 8]);
    expect(numbers({ state: "Failed", task: "load" })).toEqual([6, 8]);
    expect(numbers({ limit: 3 })).toEqual([0, 1, 2]);
    expect(numbers({ limit: 3, after: 7 })).toEqual([8, 9]);
    expect(history.taskRuns(B)).toEqual([]);
    expect(history.flowRun(A)?.taskRuns).toEqual({ Pending: 7, Failed: 3 });
  });

  it("keeps names that only look like a number after their task", async () => {
    using scratch = new Scratch();
    const names = [
      "t-0",
      "t-01",
      "t-1e3",
      "t--1",
      "t- 1",
      "t-",
      "t",
      "t-9007199254740993",
      "tt-1",
      "s-1",
      "t-1.5",
      "t-12",
    ];
    using history = await kept(scratch.file, [
      flowRun(A),
      ...names.map((name, number) => taskRun(A, number, { name, task: "t" })),
    ]);
    expect(history.taskRuns(A).map((run) => run.name)).toEqual(names);
  });
});

describe("a log", () => {
  const lines = [
    log(A, -1, "info", "begin", 1),
    log(A, 0, "debug", "detail", 2),
    log(A, 0, "warn", "careful", 3),
    { ...log(A, 1, "error", "multi\nline \u0000 text ☂", 4), worker: "anna" } as RunEvent,
  ];

  it("comes in order, with task, level and worker", async () => {
    using scratch = new Scratch();
    using history = await kept(scratch.file, [flowRun(A), ...lines]);
    expect(history.logs(A).lines).toEqual([
      { number: -1, time: START + 1, level: "info", message: "begin" },
      { number: 0, time: START + 2, level: "debug", message: "detail" },
      { number: 0, time: START + 3, level: "warn", message: "careful" },
      { number: 1, time: START + 4, level: "error", message: "multi\nline \u0000 text ☂", worker: "anna" },
    ]);
  });

  it("is read by task, level and time, and on from where a page ended", async () => {
    using scratch = new Scratch();
    const sink = new HistorySink({ file: scratch.file });
    sink.take([flowRun(A), ...lines]);
    await sink.flush();
    using history = HistoryReader.open(scratch.file);
    const messages = (query: Parameters<HistoryReader["logs"]>[1]): string[] =>
      history.logs(A, query).lines.map((line) => line.message);
    expect(messages({ task: 0 })).toEqual(["detail", "careful"]);
    expect(messages({ task: -1 })).toEqual(["begin"]);
    expect(messages({ level: "warn" })).toHaveLength(2);
    expect(messages({ since: START + 3 })).toHaveLength(2);
    const first = history.logs(A, { limit: 3 });
    expect(first).toMatchObject({ more: true, lines: { length: 3 } });
    const second = history.logs(A, { limit: 3, after: first.next });
    expect(second).toMatchObject({ more: false, lines: [{ level: "error" }] });
    expect(history.logs(A, { after: second.next }).lines).toEqual([]);
    sink.take([log(A, -1, "info", "later", 9)]);
    await sink.close();
    expect(history.logs(A, { after: second.next }).lines).toMatchObject([{ message: "later" }]);
  });

  it("cuts a line that is far too long, and says so", async () => {
    using scratch = new Scratch();
    using history = await kept(scratch.file, [flowRun(A), log(A, -1, "info", "x".repeat(100_000))]);
    const [line] = history.logs(A).lines;
    expect(line!.message).toHaveLength(65_536 + "… (34464 more characters)".length);
    expect(line!.message).toMatch(/x… \(34464 more characters\)$/);
  });

  it("is followed until the flow run has ended", async () => {
    using scratch = new Scratch();
    const sink = new HistorySink({ file: scratch.file });
    sink.take([flowRun(A), state(A, -1, "Running", 0), log(A, -1, "info", "one")]);
    await sink.flush();
    using history = HistoryReader.open(scratch.file);
    const seen: string[] = [];
    for await (const line of history.followLogs(A)) {
      seen.push(line.message);
      if (line.message === "one") sink.take([log(A, -1, "info", "two")]);
      if (line.message === "two") sink.take([log(A, -1, "info", "three"), state(A, -1, "Completed", 9)]);
      await sink.flush();
    }
    await sink.close();
    expect(seen).toEqual(["one", "two", "three"]);
  });

  it("is no longer followed when that is aborted", async () => {
    using scratch = new Scratch();
    const sink = new HistorySink({ file: scratch.file });
    sink.take([flowRun(A), state(A, -1, "Running", 0), log(A, -1, "info", "one")]);
    await sink.flush();
    using history = HistoryReader.open(scratch.file);
    const abort = new AbortController();
    for await (const _line of history.followLogs(A, { signal: abort.signal })) abort.abort();
    await sink.close();
  });
});

describe("what changed", () => {
  it("is told by a counter", async () => {
    using scratch = new Scratch();
    const sink = new HistorySink({ file: scratch.file });
    sink.take([...wholeRun(A), flowRun(B), taskRun(B, 0), taskRun(B, 1), state(B, -1, "Running", 0)]);
    await sink.flush();
    using history = HistoryReader.open(scratch.file);
    const first = history.tail();
    expect(first.flowRuns.map((run) => run.id)).toEqual([A, B]);
    expect(history.tail(first.change)).toEqual({ change: first.change, flowRuns: [] });
    sink.take([state(B, 1, "Running", 3)]);
    await sink.flush();
    const second = history.tail(first.change);
    expect(second.flowRuns).toMatchObject([{ id: B, taskRuns: { Pending: 1, Running: 1 } }]);
    expect(history.taskRuns(B, { changedSince: first.change })).toMatchObject([
      { number: 1, state: { type: "Running" } },
    ]);
    expect(history.tail(second.change).flowRuns).toEqual([]);
    await sink.close();
  });
});

it("keeps a batch that holds what is no plain data as far as it is", async () => {
  using scratch = new Scratch();
  const details = { size: 10n, body: () => 1, fine: 1 } as unknown as Readonly<Record<string, number>>;
  using history = await kept(scratch.file, [flowRun(A), state(A, -1, "Running", 0, { details })]);
  expect(history.states(A)).toMatchObject([{ type: "Running", details: { size: "10", fine: 1 } }]);
});

it("tells the worker of a run's last attempt, also where an older writer left it among the details", async () => {
  using scratch = new Scratch();
  const old = (worker: string, more = {}): object => ({ details: { worker, ...more } });
  using history = await kept(scratch.file, [
    flowRun(A),
    taskRun(A, 0),
    state(A, 0, "Running", 1, old("alpha")),
    state(A, 0, "Scheduled", 2, { name: "AwaitingRetry", details: { scheduledTime: START } }),
    state(A, 0, "Running", 3, { name: "Retrying", ...old("beta", { more: true }) }),
    state(A, 0, "Completed", 4),
    taskRun(A, 1),
    state(A, 1, "Running", 4, old("alpha")),
    flowRun(B),
    taskRun(B, 0),
    state(B, 0, "Running", 1, { worker: "alpha" }),
    state(B, 0, "Failed", 2, { details: { worker: "of the user" } }),
    state(B, 0, "Running", 3),
  ]);
  expect(history.taskRuns(A).map((run) => run.worker)).toEqual(["beta", "alpha"]);
  expect(history.states(A, 0).map(({ name, worker, details }) => [name, worker, details])).toEqual([
    ["Running", "alpha", undefined],
    ["AwaitingRetry", undefined, { scheduledTime: START }],
    ["Retrying", "beta", { more: true }],
    ["Completed", undefined, undefined],
  ]);
  // The last attempt ran in the flow's own process.
  expect(history.taskRuns(B)[0]).not.toHaveProperty("worker");
  expect(history.states(B, 0)[1]).toMatchObject({ details: { worker: "of the user" } });
});
