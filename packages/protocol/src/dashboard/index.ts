/**
 * Between the dashboard's server and its page. Browser-safe.
 *
 * @packageDocumentation
 */
export * from "./frames.js";
export type * from "./messages.js";
export { TOPICS } from "./messages.js";
export type * from "./api.js";
export { ACTION_HEADER } from "./api.js";
export type * from "./report.js";
