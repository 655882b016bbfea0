/**
 * What crosses a wire: messages, frames, the channel, the handshake, the value codec and the base of every error.
 *
 * @packageDocumentation
 */
export { PROTOCOL_VERSION } from "./version.js";
export { HeddleError, errorClass, registerError } from "./errors.js";
export { at, offsetsOf, type Column } from "./messages/columns.js";
export * from "./messages/common.js";
export type * from "./messages/handshake.js";
export type * from "./messages/client.js";
export { RunFlag } from "./messages/worker.js";
export type * from "./messages/worker.js";
export type * from "./messages/data.js";
