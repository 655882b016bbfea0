/**
 * Which run the code that is running belongs to. It hangs on the global object, so that a second copy of this package, which a user's
 * module on a worker may bring along, finds it too.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { ArtifactParts } from "./artifact.js";
import type { LogLevel } from "../history/run-event.js";
import type { AcquireLease, TaskRunIdentity } from "../runner/task-runner.js";

export type RunScope = FlowScope | TaskScope;

interface AnyScope {
  readonly tags: readonly string[];
  /** Arguments by the name of their parameter. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Aborted when the run is cancelled, or its time is over. */
  readonly signal: AbortSignal;
  /** `console.*` goes to the run's log too. */
  readonly logPrints: boolean;
  /** A line for the run's log. */
  log(level: LogLevel, message: string): void;
  /** Keeps something for people to look at. */
  artifact(made: ArtifactParts): void;
  /** Bytes of JSON of the largest there may be. */
  readonly maxArtifact: number;
}

/** A flow run as the code inside it sees it. */
export interface FlowScope extends AnyScope {
  readonly kind: "flow";
  readonly id: string;
  readonly name: string;
  readonly flow: string;
}

/** A task run as the code inside it sees it, wherever that runs. */
export interface TaskScope extends AnyScope {
  readonly kind: "task";
  readonly run: TaskRunIdentity;
  /** From 1. */
  readonly attempt: number;
  /** Name of the worker; undefined in the flow's process. */
  readonly worker: string | undefined;
  /** Takes leases of names where they are counted for all; absent: the flow's process knows. */
  readonly acquire?: AcquireLease | undefined;
}

const SCOPES = Symbol.for("heddle.flows.scopes");
const holder = globalThis as { [SCOPES]?: AsyncLocalStorage<RunScope | undefined> };

function scopes(): AsyncLocalStorage<RunScope | undefined> {
  return (holder[SCOPES] ??= new AsyncLocalStorage());
}

/** Calls `body` as code of the run; undefined: of none. */
export function inScope<R>(scope: RunScope | undefined, body: () => R): R {
  return scopes().run(scope, body);
}

export function currentScope(): RunScope | undefined {
  return holder[SCOPES]?.getStore();
}
