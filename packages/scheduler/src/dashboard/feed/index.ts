/**
 * A dashboard over a made-up cluster of which everything is known: for tests of whatever shows it.
 *
 * @packageDocumentation
 */
export { startFeed, type Feed, type FeedOptions } from "./feed.js";
export { HOSTILE_TEXTS } from "./corpus.js";
export type { TrueRun } from "./virtual-cluster.js";
