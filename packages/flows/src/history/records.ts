/** What history tells of runs: plain data, made for printing, JSON and a dashboard. Times are milliseconds since the epoch. */
import type { StateType } from "../state/state-type.js";
import type { Json, LogLevel } from "./run-event.js";

export interface StateRecord {
  readonly type: StateType;
  /** Says more than the type: AwaitingRetry, Cached, TimedOut. */
  readonly name: string;
  readonly time: number;
  readonly message?: string;
  readonly details?: Readonly<Record<string, Json>>;
  /** Where its result is. */
  readonly result?: Json;
  /** Running: name of the worker; absent: the flow's own process. */
  readonly worker?: string;
}

export interface FlowRunRecord {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly flow: string;
  readonly version: string;
  readonly runner: string;
  readonly tags: readonly string[];
  /** Arguments as JSON text; not JSON when it was cut at its size limit. */
  readonly parameters: string;
  /** Of a subflow: the task run that stands for it in its parent. */
  readonly parent?: { readonly flowRun: string; readonly number: number };
  readonly created: number;
  /** When it began to run, and when it ended. */
  readonly started?: number;
  readonly ended?: number;
  /** The latest. Crashed when its process ended without saying so. */
  readonly state: Pick<StateRecord, "type" | "name" | "time" | "message">;
  /** How many task runs are in each type of state; a type that none is in is absent. */
  readonly taskRuns: Readonly<Partial<Record<StateType, number>>>;
  /** Where it runs, or ran. */
  readonly host: string;
  readonly pid: number;
  /** The change counter at its last change. */
  readonly changed: number;
}

export interface TaskRunRecord {
  readonly flowRun: string;
  /** Counts from 0 in its flow run, in call order. */
  readonly number: number;
  readonly name: string;
  readonly task: string;
  readonly tags: readonly string[];
  /** Numbers of the task runs it waited for. */
  readonly upstream: readonly number[];
  /** Id of the flow run that it stands for. */
  readonly childFlowRun?: string;
  /** Its key at the scheduler. */
  readonly key?: string;
  readonly created: number;
  readonly started?: number;
  readonly ended?: number;
  /** How often it began to run. */
  readonly attempts: number;
  /** Name of the worker of its last attempt; absent: the flow's own process, or it has not begun. */
  readonly worker?: string;
  readonly state: StateRecord;
  /** The change counter at its last change. */
  readonly changed: number;
}

export interface LogRecord {
  /** Of the task run; -1: the flow run itself. */
  readonly number: number;
  readonly time: number;
  readonly level: LogLevel;
  readonly message: string;
  /** Name of the worker; absent: the flow's own process. */
  readonly worker?: string;
}

export interface ArtifactRecord {
  readonly id: number;
  readonly flowRun: string;
  /** Of the task run; -1: the flow run itself. */
  readonly number: number;
  readonly time: number;
  readonly type: "markdown" | "table" | "link";
  readonly key: string;
  readonly description: string;
  readonly data: Json;
}
