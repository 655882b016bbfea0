import type { PlainError } from "./plain.js";

/** The first message on every connection to a scheduler. The token is not in it: it travels with the HTTP upgrade. */
export type Hello = ClientHello | WorkerHello;

export interface ClientHello {
  readonly op: "hello";
  readonly protocol: number;
  readonly role: "client";
  /** Unique for the life of the Client object, the same after a reconnect: its earlier wants are held until it has come back. */
  readonly id: string;
  readonly name: string;
  readonly heddle: string;
  readonly node: string;
  readonly pid: number;
  /** Id of the task this client was made in (getClient inside a task). */
  readonly insideTask?: number;
}

export interface WorkerHello {
  readonly op: "hello";
  readonly protocol: number;
  readonly role: "worker";
  /** Unique for the life of the worker process, the same after a reconnect. */
  readonly id: string;
  /** Wished name; the scheduler refuses one that is taken by a living worker, and draws one when absent. */
  readonly name?: string;
  readonly heddle: string;
  readonly node: string;
  readonly pid: number;
  readonly host: string;
  /** ws:// address where peers and clients fetch this worker's results. */
  readonly dataAddress: string;
  readonly threads: number;
  /** Bytes. */
  readonly memoryLimit: number;
  readonly resources: Readonly<Record<string, number>>;
  /** Tasks that wait without using a thread, at most, per thread. */
  readonly asyncPerThread: number;
  /** Epoch of the scheduler it last belonged to, if any: it then presents what it holds before anything else. */
  readonly lastEpoch?: string;
}

/** The scheduler's answer to a hello it accepts. */
export interface Welcome {
  readonly op: "welcome";
  readonly protocol: number;
  /** Drawn when the scheduler started; every run id of this connection belongs to it. */
  readonly epoch: string;
  readonly heddle: string;
  /** The number this scheduler knows the peer by; never used again in the same epoch. */
  readonly index: number;
  /** A worker's name. */
  readonly name?: string;
  /** Milliseconds between heartbeats. */
  readonly heartbeat: number;
}

/** The scheduler's answer to a hello it refuses; the connection closes after it. */
export interface Refused {
  readonly op: "refused";
  readonly protocol: number;
  readonly error: PlainError;
}
