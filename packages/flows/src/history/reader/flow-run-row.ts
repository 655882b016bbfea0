/** Rows of `flow_runs` as records. */
import { STATE_TYPES, isFinal, type StateType } from "../../state/state-type.js";
import { LOST_MESSAGE } from "../lost-runs.js";
import type { FlowRunRecord } from "../records.js";

export interface FlowRunRow {
  readonly run: number;
  readonly id: string;
  readonly name: string;
  readonly flow: string;
  readonly version: string;
  readonly runner: string;
  readonly tags: string;
  readonly parameters: string;
  readonly parent: string | null;
  readonly parent_number: number | null;
  readonly created: number;
  readonly started: number | null;
  readonly ended: number | null;
  readonly state: StateType;
  readonly state_name: string;
  readonly state_time: number;
  readonly state_message: string | null;
  readonly counts: string;
  readonly changed: number;
  readonly pid: number | null;
  readonly host: string | null;
  readonly beat: number | null;
  /** 1: it has not ended, and its process has. */
  readonly lost: 0 | 1;
}

/** Columns of a {@link FlowRunRow}, and a condition to go on with. The first parameter is the JSON array of the lost processes. */
export const SELECT_FLOW_RUNS = `
  SELECT * FROM (
    SELECT r.*, p.pid, p.host, p.beat, (r.ended IS NULL AND r.process IN (SELECT value FROM json_each(?))) AS lost
    FROM flow_runs r LEFT JOIN processes p ON p.process = r.process
  ) WHERE `;

export function flowRunRecord(row: FlowRunRow): FlowRunRecord {
  const counts = JSON.parse(row.counts) as Partial<Record<StateType, number>>;
  const ended = row.lost === 1 ? lostAt(row) : row.ended;
  return {
    id: row.id,
    name: row.name,
    flow: row.flow,
    version: row.version,
    runner: row.runner,
    tags: JSON.parse(row.tags) as string[],
    parameters: row.parameters,
    ...(row.parent === null ? {} : { parent: { flowRun: row.parent, number: row.parent_number! } }),
    created: row.created,
    ...(row.started === null ? {} : { started: row.started }),
    ...(ended === null ? {} : { ended }),
    state:
      row.lost === 1
        ? { type: "Crashed", name: "Crashed", time: lostAt(row), message: LOST_MESSAGE }
        : {
            type: row.state,
            name: row.state_name,
            time: row.state_time,
            ...(row.state_message === null ? {} : { message: row.state_message }),
          },
    taskRuns: row.lost === 1 ? withUnfinishedCrashed(counts) : counts,
    host: row.host ?? "",
    pid: row.pid ?? 0,
    changed: row.changed,
  };
}

/** The last sign of life. */
export function lostAt(row: Pick<FlowRunRow, "beat" | "state_time">): number {
  return Math.max(row.state_time, row.beat ?? 0);
}

function withUnfinishedCrashed(counts: Partial<Record<StateType, number>>): Partial<Record<StateType, number>> {
  let crashed = 0;
  const final: Partial<Record<StateType, number>> = {};
  for (const type of STATE_TYPES) {
    const count = counts[type] ?? 0;
    if (!isFinal(type) || type === "Crashed") crashed += count;
    else if (count > 0) final[type] = count;
  }
  return crashed === 0 ? final : { ...final, Crashed: crashed };
}
