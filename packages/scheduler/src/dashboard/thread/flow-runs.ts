import type { FlowLogPage, FlowRunDetail, FlowRunRow } from "@heddle/protocol/dashboard";
import type { FlowSource } from "../source.js";

/** A cluster that has not run a flow. */
export class NoFlowRuns implements FlowSource {
  list(): Promise<FlowRunRow[]> {
    return Promise.resolve([]);
  }

  run(): Promise<FlowRunDetail | undefined> {
    return Promise.resolve(undefined);
  }

  logs(): Promise<FlowLogPage> {
    return Promise.resolve({ lines: [], next: "", more: false });
  }
}
