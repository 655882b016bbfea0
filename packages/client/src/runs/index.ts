/** For packages of the workspace that build on tasks. */
export { RunClient, acquireLease, type PreparedFunction, type RunListener } from "./run-client.js";
