/** For packages of the workspace that build on tasks. */
export { mustBeAbleToReport, writeReport, type ReportRequest } from "../diagnostics/recorded-files.js";
export { RunClient, acquireLease, type PreparedFunction, type RunListener } from "./run-client.js";
