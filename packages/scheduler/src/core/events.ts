/**
 * What goes into the scheduler's core and what comes out of it. The core has no socket, timer or clock: the shell feeds it
 * events, with the time they happened, and performs the instructions it returns, in order.
 */
import type {
  ClientHello,
  ClientToScheduler,
  SchedulerToClient,
  SchedulerToWorker,
  WorkerHello,
  WorkerToScheduler,
} from "@heddle/protocol";
import type { LogLine } from "@heddle/protocol/dashboard";

/** Connections are numbered by the shell, one sequence for clients and one for workers, never reused in an epoch. */
export type SchedulerEvent =
  | { readonly type: "clientJoined"; readonly client: number; readonly hello: ClientHello }
  | { readonly type: "clientMessage"; readonly client: number; readonly message: ClientToScheduler }
  /** The connection is gone. What it wanted is held for the grace period, unless it had said goodbye. */
  | { readonly type: "clientLeft"; readonly client: number }
  | { readonly type: "workerJoined"; readonly worker: number; readonly name: string; readonly hello: WorkerHello }
  | { readonly type: "workerMessage"; readonly worker: number; readonly message: WorkerToScheduler }
  /**
   * `expected`: it was asked to go, so its tasks are not suspicious. `detail`: exit code, signal, last log lines, when known.
   */
  | { readonly type: "workerLeft"; readonly worker: number; readonly expected: boolean; readonly detail: string }
  /** Somebody begins to watch what runs, or nobody does any more. */
  | { readonly type: "watch"; readonly watched: boolean }
  /** Where the dashboard can be reached; clients ask for it. */
  | { readonly type: "dashboard"; readonly url: string }
  /** What an operator wants, by key. */
  | { readonly type: "operate"; readonly action: "retry" | "cancel"; readonly keys: readonly string[] }
  /** At least every 500 ms: grace periods, time to live, periodic policies. */
  | { readonly type: "tick" }
  /** Asked for by the instruction of that name: a long piece of work is done in slices, so that no turn takes long. */
  | { readonly type: "continue" };

export type Instruction =
  | { readonly to: "client"; readonly client: number; readonly message: SchedulerToClient }
  | { readonly to: "worker"; readonly worker: number; readonly message: SchedulerToWorker }
  /** Cut the connection of a worker that is silent beyond its time to live, or misbehaves; `workerLeft` follows. */
  | { readonly to: "shell"; readonly action: "dropWorker"; readonly worker: number; readonly reason: string }
  /** A client asked the whole cluster to end. */
  | { readonly to: "shell"; readonly action: "shutdown" }
  /** What a client published about its runs, as bytes that the scheduler does not read: for whoever shows what the cluster does. */
  | {
      readonly to: "shell";
      readonly action: "event";
      readonly client: number;
      readonly topic: string;
      readonly events: Uint8Array;
    }
  /** What a worker or its tasks printed, by the scheduler's clock: for the same. */
  | { readonly to: "shell"; readonly action: "printed"; readonly lines: readonly LogLine[] }
  /** For the operator: a mistake of the scheduler, with the story of the task it is about. */
  | { readonly to: "shell"; readonly action: "log"; readonly line: string }
  /** Feed `continue` in the next turn of the loop. */
  | { readonly to: "shell"; readonly action: "continue" };

/** Settings of the core; times in milliseconds, sizes in bytes. */
export interface SchedulerSettings {
  readonly epoch: string;
  /** Workers that may die running a task before it fails with KilledWorkerError. Default 3. */
  readonly allowedFailures: number;
  /** How long what a lost client wanted is kept. Default 10,000. */
  readonly clientGrace: number;
  /** A worker silent longer than this is dropped. Default 20,000. */
  readonly workerTtl: number;
  /** After a start: how long members of an older epoch are waited for before what they may hold is run again. Default 3,000. */
  readonly reconnectGrace: number;
  /** It takes the place of a scheduler that died: nothing is dispatched until `reconnectGrace` after the first peer is back. */
  readonly recovering?: boolean;
  /** Milliseconds between heartbeats. Default 1,000. */
  readonly heartbeat: number;
  /** Tasks that wait without a thread, per thread. Default 256. */
  readonly asyncPerThread: number;
  /** Checks every invariant after each event, and throws where one does not hold. Default false. */
  readonly validate: boolean;
}

export const DEFAULT_SETTINGS: Omit<SchedulerSettings, "epoch"> = {
  allowedFailures: 3,
  clientGrace: 10_000,
  workerTtl: 20_000,
  reconnectGrace: 3_000,
  heartbeat: 1_000,
  asyncPerThread: 256,
  validate: false,
};
