/**
 * The dashboard's server, for who has something to show.
 *
 * @packageDocumentation
 */
export { DashboardServer, type DashboardServerOptions } from "./http/index.js";
export type { DashboardSource, FlowLogQuery, FlowSource } from "./source.js";
