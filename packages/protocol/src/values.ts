/**
 * The part of this package that threads running tasks need: values, errors, and the constants of messages. Importing it loads
 * neither sockets nor message frames, which would more than double the time in which a thread starts.
 *
 * @packageDocumentation
 */
export * from "./codec/index.js";
export { HeddleError, errorClass, registerError } from "./errors.js";
export { at, offsetsOf, type Column } from "./messages/columns.js";
export * from "./messages/definitions.js";
export type * from "./messages/plain.js";
export * from "./messages/printed.js";
export type * from "./messages/tasks.js";
export { RunFlag, type RunFailure } from "./messages/worker.js";
