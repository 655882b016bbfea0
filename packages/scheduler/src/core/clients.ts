import type { ClientHello } from "@heddle/protocol";
import { NumberDirectory } from "./number-directory.js";
import type { BegunColumns, ErredColumns, FinishedColumns, NumberColumns } from "./outbox.js";

/** A client's connection. A client that comes back is a new connection with the same `hello.id`. */
export interface ClientRecord {
  readonly index: number;
  readonly hello: ClientHello;
  /** Its task numbers, as far as it may still use them. */
  readonly numbers: NumberDirectory;
  /** Task numbers of chunks of graphs that are not complete, by graph: [first, rows] pairs. */
  readonly openGraphs: Map<number, OpenGraph>;
  connected: boolean;
  leftAt: number;
  lastSeen: number;
  /** Connections of the same client from before; what they want is held until this one is `synced`. */
  predecessors: ClientRecord[];
  wants: number;
  readonly begun: BegunColumns;
  readonly finished: FinishedColumns;
  readonly erred: ErredColumns;
  readonly cancelled: NumberColumns;
  readonly pending: NumberColumns;
}

export interface OpenGraph {
  /** The place in the order of its next task, and the distance between two. */
  order: number;
  readonly step: number;
  readonly ranges: [first: number, rows: number][];
}

export function newClient(
  index: number,
  hello: ClientHello,
  now: number,
  outbox: Pick<ClientRecord, "begun" | "finished" | "erred" | "cancelled" | "pending">,
): ClientRecord {
  return {
    index,
    hello,
    numbers: new NumberDirectory(),
    openGraphs: new Map(),
    connected: true,
    leftAt: 0,
    lastSeen: now,
    predecessors: [],
    wants: 0,
    ...outbox,
  };
}
