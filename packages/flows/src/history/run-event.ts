/**
 * What happens to runs, as plain data. The engine emits these; run history keeps them, and a connected scheduler hands them to its
 * dashboard. A task run is named by its flow run and its number in it, so that an event of one carries no long id.
 */
import type { StateType } from "../state/state-type.js";

/** Plain JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export type RunEvent = FlowRunStarted | TaskRunCreated | RunStateChanged | RunLogged | ArtifactMade;

/** The run is Pending from its `time` on; no state event says so. */
export interface FlowRunStarted {
  readonly kind: "flowRun";
  /** 32 hexadecimal digits, drawn. */
  readonly flowRun: string;
  /** Two random words, or what `flowRunName` made. */
  readonly name: string;
  /** Name of the flow. */
  readonly flow: string;
  readonly version: string;
  readonly runner: string;
  readonly tags: readonly string[];
  /** Arguments as JSON text, cut at the size limit of the setting. */
  readonly parameters: string;
  /** The task run that stands for this flow run in its parent. */
  readonly parent?: { readonly flowRun: string; readonly number: number };
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** The run is Pending from its `time` on; no state event says so. */
export interface TaskRunCreated {
  readonly kind: "taskRun";
  readonly flowRun: string;
  /** Counts from 0 in its flow run, over all tasks, in call order. */
  readonly number: number;
  /** `<task>-<n>`, or what `taskRunName` made. */
  readonly name: string;
  readonly task: string;
  readonly tags: readonly string[];
  /** Numbers of the task runs of the same flow run that it waits for. */
  readonly upstream: readonly number[];
  /** It stands for a subflow's run. */
  readonly childFlowRun?: string;
  /** Its key at the scheduler, where it runs on a cluster. */
  readonly key?: string;
  readonly time: number;
}

export interface RunStateChanged {
  readonly kind: "state";
  readonly flowRun: string;
  /** Of the task run; -1: the flow run itself. */
  readonly number: number;
  readonly type: StateType;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly message?: string;
  readonly details?: Readonly<Record<string, Json>>;
  /** Where its result is: a storage key and how to read it; absent: with the runner, or nowhere. */
  readonly result?: Json;
  /** Running: name of the worker; absent: the flow's own process. */
  readonly worker?: string;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface RunLogged {
  readonly kind: "log";
  readonly flowRun: string;
  /** Of the task run; -1: the flow run itself. */
  readonly number: number;
  readonly time: number;
  readonly level: LogLevel;
  readonly message: string;
  /** Name of the worker; absent: the flow's own process. */
  readonly worker?: string;
}

export interface ArtifactMade {
  readonly kind: "artifact";
  readonly flowRun: string;
  readonly number: number;
  readonly time: number;
  readonly type: "markdown" | "table" | "link";
  readonly key: string;
  readonly description: string;
  readonly data: Json;
}

/**
 * Takes what happened to runs, in order. Never throws and never waits: what cannot be kept degrades to a warning.
 */
export interface RunEventSink {
  /** A batch: everything of one turn of the event loop, or more. */
  take(events: readonly RunEvent[]): void;
  /** Resolves when everything taken so far is where it should be, or is known to be lost. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
