import type {
  FlowLogLine,
  FlowLogPage,
  FlowRunDetail,
  FlowRunRow,
  FlowState,
  TaskRunRow,
} from "@heddle/protocol/dashboard";
import type { FlowLogQuery, FlowSource } from "../source.js";
import type { FlowEvent } from "./flow-events.js";

/** What is kept: flow runs, the oldest that have ended going first, and of each so much. */
const RUNS = 500;
const TASK_RUNS = 10_000;
const LOGS = 5_000;
const STATES = 1_000;
const ARTIFACTS = 100;
const LEVELS: readonly string[] = ["debug", "info", "warn", "error"];
/** Indices of flow runs in rows are 16 bits wide, and 0 is none. */
const MAX_INDEX = 0xffff;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface FlowRun {
  readonly row: Mutable<Omit<FlowRunRow, "taskRuns">>;
  readonly index: number;
  version: string;
  parameters: string;
  readonly states: FlowState[];
  /** By their number; those beyond what is kept are only counted. */
  readonly taskRuns: (Mutable<TaskRunRow> | undefined)[];
  taskRunCount: number;
  readonly counts: Record<string, number>;
  readonly logs: FlowLogLine[];
  /** Lines that are not kept any more. */
  logsGone: number;
  readonly artifacts: FlowRunDetail["artifacts"][number][];
}

/** Flow runs of this cluster, from what the programs that run them publish. Bounded: run history is what keeps them for good. */
export class FlowRuns implements FlowSource {
  readonly #runs = new Map<string, FlowRun>();
  readonly #tags = new Map<string, FlowRun>();
  #nextIndex = 1;
  #changed = new Set<string>();
  readonly #onRun: (index: number, id: string, name: string) => void;

  /** @param onRun - a flow run has begun, and has this index in rows */
  constructor(onRun: (index: number, id: string, name: string) => void) {
    this.#onRun = onRun;
  }

  /** Ids of runs of which something has changed since the last call. */
  takeChanged(): string[] {
    const changed = [...this.#changed];
    this.#changed = new Set();
    return changed;
  }

  get isEmpty(): boolean {
    return this.#runs.size === 0;
  }

  nameOf(id: string): string | undefined {
    return this.#runs.get(id)?.row.name;
  }

  take(event: FlowEvent): void {
    const run = event.kind === "flowRun" ? this.#begin(event) : this.#runs.get(event.flowRun);
    if (run === undefined) return;
    this.#changed.add(event.flowRun);
    switch (event.kind) {
      case "flowRun":
        return;
      case "keys":
        this.#tags.set(event.tag, run);
        return;
      case "taskRun":
        addTaskRun(run, event);
        return;
      case "state":
        if (event.number < 0) changeFlow(run, event);
        else changeTask(run, event);
        return;
      case "log": {
        const { number, time, level, message, worker } = event;
        run.logs.push({ number, time, level, message, ...(worker === undefined ? {} : { worker }) });
        if (run.logs.length <= LOGS) return;
        run.logs.shift();
        run.logsGone++;
        return;
      }
      case "artifact": {
        const { key, type, description, data, number } = event;
        if (run.artifacts.length < ARTIFACTS) run.artifacts.push({ key, type, description, data, number });
      }
    }
  }

  /** The run that a task belongs to, by the task's key: `<name>-<tag>.<number>`. */
  ofKey(
    key: string,
  ): { readonly index: number; readonly id: string; readonly number: number; readonly name: string } | undefined {
    const dot = key.indexOf(".", key.lastIndexOf("-"));
    const dash = key.lastIndexOf("-", dot);
    if (dot < 0 || dash < 0) return undefined;
    const run = this.#tags.get(key.slice(dash + 1, dot));
    if (run === undefined) return undefined;
    return { index: run.index, id: run.row.id, number: Number.parseInt(key.slice(dot + 1), 10), name: run.row.name };
  }

  list({ limit, before, flow, state }: Parameters<FlowSource["list"]>[0]): Promise<FlowRunRow[]> {
    const rows: FlowRunRow[] = [];
    let isBefore = before === undefined;
    for (const run of [...this.#runs.values()].reverse()) {
      const { row } = run;
      if (!isBefore) {
        isBefore = row.id === before;
        continue;
      }
      if ((flow !== undefined && row.flow !== flow) || (state !== undefined && row.state !== state)) continue;
      rows.push(rowOf(run));
      if (rows.length === limit) break;
    }
    return Promise.resolve(rows);
  }

  run(id: string): Promise<FlowRunDetail | undefined> {
    const run = this.#runs.get(id);
    if (run === undefined) return Promise.resolve(undefined);
    return Promise.resolve({
      run: rowOf(run),
      parameters: run.parameters,
      version: run.version,
      states: run.states,
      taskRuns: run.taskRuns.flatMap((taskRun) => taskRun ?? []),
      taskRunCount: run.taskRunCount,
      artifacts: run.artifacts,
    });
  }

  logs(id: string, { level, task, after, limit }: FlowLogQuery): Promise<FlowLogPage> {
    const run = this.#runs.get(id);
    if (run === undefined) return Promise.resolve({ lines: [], next: "0", more: false });
    const least = level === undefined ? 0 : LEVELS.indexOf(level);
    const start = Math.max(0, (after === undefined ? 0 : Number(after) || 0) - run.logsGone);
    const lines: FlowLogLine[] = [];
    let at = start;
    for (; at < run.logs.length && lines.length < limit; at++) {
      const line = run.logs[at]!;
      if (LEVELS.indexOf(line.level) < least || (task !== undefined && line.number !== task)) continue;
      lines.push(line);
    }
    return Promise.resolve({ lines, next: String(run.logsGone + at), more: at < run.logs.length });
  }

  #begin(event: Extract<FlowEvent, { kind: "flowRun" }>): FlowRun {
    const known = this.#runs.get(event.flowRun);
    if (known !== undefined) return known;
    const { flowRun: id, name, flow, runner, tags, parent, time, version, parameters } = event;
    const run: FlowRun = {
      row: {
        id,
        name,
        flow,
        state: "Pending",
        stateName: "Pending",
        startedAt: time,
        runner,
        tags,
        ...(parent === undefined ? {} : { parent }),
      },
      index: Math.min(this.#nextIndex++, MAX_INDEX),
      version,
      parameters,
      states: [{ type: "Pending", name: "Pending", time }],
      taskRuns: [],
      taskRunCount: 0,
      counts: {},
      logs: [],
      logsGone: 0,
      artifacts: [],
    };
    this.#runs.set(id, run);
    this.#onRun(run.index, id, name);
    if (this.#runs.size > RUNS) this.#forgetOne();
    return run;
  }

  #forgetOne(): void {
    const ended = [...this.#runs.values()].find(({ row }) => row.endedAt !== undefined);
    const gone = ended ?? this.#runs.values().next().value!;
    this.#runs.delete(gone.row.id);
    for (const [tag, run] of this.#tags) if (run === gone) this.#tags.delete(tag);
  }
}

function rowOf({ row, counts }: FlowRun): FlowRunRow {
  return { ...row, taskRuns: { ...counts } };
}

function addTaskRun(run: FlowRun, event: Extract<FlowEvent, { kind: "taskRun" }>): void {
  const { number, name, task, upstream, childFlowRun, key, time } = event;
  run.taskRunCount = Math.max(run.taskRunCount, number + 1);
  count(run, undefined, "Pending");
  if (number >= TASK_RUNS) return;
  run.taskRuns[number] = {
    number,
    name,
    task,
    state: "Pending",
    stateName: "Pending",
    createdAt: time,
    attempts: 0,
    upstream,
    ...(key === undefined ? {} : { key }),
    ...(childFlowRun === undefined ? {} : { childFlowRun }),
  };
}

type StateEvent = Extract<FlowEvent, { kind: "state" }>;

function changeFlow(run: FlowRun, { type, name, time, message }: StateEvent): void {
  const { row, states } = run;
  row.state = type;
  row.stateName = name;
  if (message === undefined) delete row.message;
  else row.message = message;
  if (type === "Running" && !states.some((state) => state.type === "Running")) row.startedAt = time;
  if (isFinal(type)) row.endedAt = time;
  else delete row.endedAt;
  if (states.length < STATES) states.push({ type, name, time, ...(message === undefined ? {} : { message }) });
}

function changeTask(run: FlowRun, { number, type, name, time, message, worker }: StateEvent): void {
  const taskRun = run.taskRuns[number];
  if (taskRun === undefined) return;
  count(run, taskRun.state, type);
  taskRun.state = type;
  taskRun.stateName = name;
  if (message === undefined) delete taskRun.message;
  else taskRun.message = message;
  if (worker !== undefined) taskRun.worker = worker;
  if (type === "Running") {
    taskRun.attempts++;
    taskRun.startedAt ??= time;
  }
  if (isFinal(type)) taskRun.endedAt = time;
  else delete taskRun.endedAt;
}

function count(run: FlowRun, from: string | undefined, to: string): void {
  if (from !== undefined) run.counts[from] = (run.counts[from] ?? 1) - 1;
  run.counts[to] = (run.counts[to] ?? 0) + 1;
}

function isFinal(type: string): boolean {
  return type === "Completed" || type === "Failed" || type === "Cancelled" || type === "Crashed";
}
