/** What is known of a run at one moment of its life. */
import { inspect } from "node:util";
import {
  CancelledRunError,
  CrashedRunError,
  FailedRunError,
  MissingResultError,
  UnfinishedRunError,
} from "../errors/runs.js";
import type { StateType } from "./state-type.js";
import { isFinal } from "./state-type.js";

/** Whose state it is, and what else is known. */
export interface StateDetails {
  readonly flowRunId?: string;
  /** `<flow run id>-<number>`. */
  readonly taskRunId?: string;
  /** On a task run that stands for a subflow. */
  readonly childFlowRunId?: string;
  readonly cacheKey?: string;
  /** Milliseconds since the epoch: when an awaited retry begins. */
  readonly scheduledTime?: number;
}

export interface StateParts {
  readonly type: StateType;
  /** Default: the type. */
  readonly name?: string;
  readonly message?: string;
  /** Of a Completed state its result, of another final one what it failed with. */
  readonly data?: unknown;
  readonly details?: StateDetails;
  /** Milliseconds since the epoch. Default: now. */
  readonly timestamp?: number;
  readonly id?: string;
}

export interface StateResultOptions {
  /** false: what the run failed with is returned in place of being thrown. Default true. */
  readonly raiseOnFailure?: boolean;
}

/** Reads the result of a run whose value is elsewhere. */
export type ResultReader = () => Promise<unknown>;

let readerOf: (state: State) => ResultReader | undefined;
let withReader: (state: State, reader: ResultReader, run: string) => State;

/**
 * An immutable state of a run.
 *
 * @typeParam T - type of the result
 */
export class State<T = unknown> {
  readonly id: string;
  readonly type: StateType;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string | undefined;
  readonly data: unknown;
  readonly details: StateDetails;
  #reader: ResultReader | undefined;
  #run = "";

  constructor(parts: StateParts) {
    this.type = parts.type;
    this.name = parts.name ?? parts.type;
    this.message = parts.message;
    this.data = parts.data;
    this.details = parts.details ?? {};
    this.timestamp = parts.timestamp ?? Date.now();
    this.id = parts.id ?? globalThis.crypto.randomUUID();
  }

  isScheduled(): boolean {
    return this.type === "Scheduled";
  }
  isPending(): boolean {
    return this.type === "Pending";
  }
  isRunning(): boolean {
    return this.type === "Running";
  }
  isCancelling(): boolean {
    return this.type === "Cancelling";
  }
  isCompleted(): boolean {
    return this.type === "Completed";
  }
  isFailed(): boolean {
    return this.type === "Failed";
  }
  isCancelled(): boolean {
    return this.type === "Cancelled";
  }
  isCrashed(): boolean {
    return this.type === "Crashed";
  }
  /** The run never leaves this state. */
  isFinal(): boolean {
    return isFinal(this.type);
  }

  /**
   * The result of a Completed run.
   *
   * @throws what the run failed with; UnfinishedRunError for a state that is not final; MissingResultError for a result that was not
   * kept; CancelledRunError, CrashedRunError
   */
  result(options: { readonly raiseOnFailure: false }): Promise<T | Error>;
  result(options?: StateResultOptions): Promise<T>;
  async result(options: StateResultOptions = {}): Promise<T | Error> {
    if (!this.isFinal()) throw new UnfinishedRunError(this.#run, String(this));
    if (this.type === "Completed") return (this.#reader === undefined ? this.data : await this.#reader()) as T;
    const error = this.error();
    if (options.raiseOnFailure === false) return error as Error;
    throw error;
  }

  /** What a run in a final state other than Completed failed with. */
  error(): unknown {
    const message = this.message ?? "";
    if (this.type === "Cancelled") return this.data ?? new CancelledRunError(this.#run, message);
    if (this.type === "Crashed") return new CrashedRunError(this.#run, this.data ?? message);
    return this.data ?? new FailedRunError(this.#run, message);
  }

  /** `Completed('message')`; without a message `Completed()`. */
  toString(): string {
    return `${this.name}(${this.message === undefined ? "" : `'${this.message}'`})`;
  }

  [inspect.custom](): string {
    return `State<${String(this)}>`;
  }

  static {
    readerOf = (state) => state.#reader;
    withReader = (state, reader, run) => {
      state.#reader = reader;
      state.#run = run;
      return state;
    };
  }
}

/** @internal A state as the engine makes it: its value is read when asked for. `run`: for messages. */
export function stateOfRun(parts: StateParts, run: string, reader: ResultReader): State {
  return withReader(new State(parts), reader, run);
}

/** @internal Whether a state is of a run, not made by hand. */
export function isOfRun(state: State): boolean {
  return readerOf(state) !== undefined;
}

/** @internal What a Completed run rejects with whose value is gone. */
export function missing(run: string, reason: string, cause?: unknown): MissingResultError {
  return new MissingResultError(run, reason, cause === undefined ? undefined : { cause });
}

/** What a state made by hand may say. */
export type HandMade = Omit<StateParts, "type">;

/** A state for a flow to return: its run ends in it, and the call gives `data`. */
export const Completed = (parts: HandMade = {}): State => new State({ ...parts, type: "Completed" });
/** A state for a flow to return: its run ends in it, and the call rejects with `data`, or an error with the message. */
export const Failed = (parts: HandMade = {}): State => new State({ ...parts, type: "Failed" });
/** A state for a flow to return: its run counts as cancelled. */
export const Cancelled = (parts: HandMade = {}): State => new State({ ...parts, type: "Cancelled" });
/** A state for a flow to return: something outside its code went wrong. */
export const Crashed = (parts: HandMade = {}): State => new State({ ...parts, type: "Crashed" });
