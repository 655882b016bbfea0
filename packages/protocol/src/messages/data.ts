/**
 * Bulk data has sockets of its own. Whoever holds the data is the WebSocket server, so bulk bytes are never masked. One request
 * at a time per socket: its answer is a header message, then the out-of-band buffers as raw frames of 256 KiB to 1 MiB, buffer
 * after buffer, each buffer beginning a new frame.
 */
import type { Column } from "./columns.js";
import type { PlainError } from "./plain.js";

export type DataRequest = GetData | PutData;
export type DataReply = DataFound | DataBusy | DataStored | DataRefused;

export interface GetData {
  readonly op: "get";
  readonly id: number;
  readonly tasks: Int32Array;
}

/** Values put on a worker by a client (scatter); raw frames follow as in {@link DataFound}. */
export interface PutData extends ValueColumns {
  readonly op: "put";
  readonly id: number;
  readonly keyLengths: Column;
  readonly keys: Uint8Array;
}

/** Encoded values as columns. */
export interface ValueColumns {
  readonly tasks: Int32Array;
  readonly headLengths: Column;
  readonly heads: Uint8Array;
  readonly bufferCounts: Column;
  /** Byte length of every buffer of every value, in order. */
  readonly bufferLengths: Float64Array;
}

export interface DataFound extends ValueColumns {
  readonly op: "found";
  readonly id: number;
  /** Asked for but not held here. */
  readonly absent: Int32Array;
}

/** Too many transfers at once: ask again after `retryAfter` milliseconds. */
export interface DataBusy {
  readonly op: "busy";
  readonly id: number;
  readonly retryAfter: number;
}

export interface DataStored {
  readonly op: "stored";
  readonly id: number;
}

export interface DataRefused {
  readonly op: "refused";
  readonly id: number;
  readonly error: PlainError;
}
