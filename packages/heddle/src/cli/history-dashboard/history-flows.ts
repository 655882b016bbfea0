/** Run history as the dashboard asks for it. */
import type { FlowRunDetail, FlowRunRow, TaskRunRow } from "@heddle/protocol/dashboard";
import { STATE_TYPES, type FlowRunRecord, type HistoryReader, type TaskRunRecord } from "@heddle/flows";
import type { FlowLogQuery, FlowSource } from "@heddle/scheduler/dashboard";

/** Task runs of one answer. */
const MAX_TASK_RUNS = 10_000;

export class HistoryFlows implements FlowSource {
  readonly #reader: HistoryReader;

  constructor(reader: HistoryReader) {
    this.#reader = reader;
  }

  list({ state, ...query }: Parameters<FlowSource["list"]>[0]): Promise<FlowRunRow[]> {
    const type = STATE_TYPES.find((each) => each === state);
    if (state !== undefined && type === undefined) return Promise.resolve([]);
    const runs = this.#reader.flowRuns(type === undefined ? query : { ...query, state: type });
    return Promise.resolve(runs.map(flowRunRow));
  }

  run(id: string): Promise<FlowRunDetail | undefined> {
    const run = this.#reader.flowRun(id);
    if (run === undefined) return Promise.resolve(undefined);
    const taskRuns = this.#reader.taskRuns(run.id, { limit: MAX_TASK_RUNS });
    return Promise.resolve({
      run: flowRunRow(run),
      parameters: run.parameters,
      version: run.version,
      states: this.#reader.states(run.id),
      taskRuns: taskRuns.map(taskRunRow),
      taskRunCount: Object.values(run.taskRuns).reduce((sum, count) => sum + count, 0),
      artifacts: this.#reader.artifacts(run.id),
    });
  }

  logs(id: string, { after, ...query }: FlowLogQuery): ReturnType<FlowSource["logs"]> {
    const [seq, line] = (after ?? "").split(".").map(Number);
    const cursor = Number.isInteger(seq) && Number.isInteger(line) ? { after: { seq: seq!, line: line! } } : {};
    const { lines, next, more } = this.#reader.logs(id, { ...query, ...(after === undefined ? {} : cursor) });
    return Promise.resolve({ lines, next: `${next.seq}.${next.line}`, more });
  }
}

function flowRunRow(run: FlowRunRecord): FlowRunRow {
  const { id, name, flow, state, created, started, ended, runner, tags, parent, taskRuns } = run;
  return {
    id,
    name,
    flow,
    state: state.type,
    stateName: state.name,
    ...(state.message === undefined ? {} : { message: state.message }),
    startedAt: started ?? created,
    ...(ended === undefined ? {} : { endedAt: ended }),
    runner,
    tags,
    ...(parent === undefined ? {} : { parent }),
    taskRuns: taskRuns,
  };
}

function taskRunRow(run: TaskRunRecord): TaskRunRow {
  const { number, name, task, state, created, started, ended, attempts, worker, upstream, key, childFlowRun } = run;
  return {
    number,
    name,
    task,
    state: state.type,
    stateName: state.name,
    ...(state.message === undefined ? {} : { message: state.message }),
    createdAt: created,
    ...(started === undefined ? {} : { startedAt: started }),
    ...(ended === undefined ? {} : { endedAt: ended }),
    attempts,
    upstream,
    ...(worker === undefined ? {} : { worker }),
    ...(key === undefined ? {} : { key }),
    ...(childFlowRun === undefined ? {} : { childFlowRun }),
  };
}
