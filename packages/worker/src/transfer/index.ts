/**
 * Values between processes: what workers exchange with each other, and clients with workers.
 *
 * ```ts
 * import { DataClient } from "@heddle/worker/data";
 *
 * const data = new DataClient({ token });
 * const answer = await data.get(address, Int32Array.of(17));
 * ```
 *
 * @packageDocumentation
 */
export { DataClient, type Busy, type DataClientOptions, type Fetched } from "./data-client.js";
export { DataServer, type DataServerOptions, type DataSource } from "./data-server.js";
export { PeerUnreachableError, TransferError, TransferRefusedError } from "./errors.js";
export type { Allocate } from "./value-columns.js";
