/** The history that the flows of this process share. */
import { join, resolve } from "node:path";
import { heddleHome, type Settings } from "@heddle/protocol";
import { HistorySink } from "./history-sink.js";
import type { RunEventSink } from "./run-event.js";

/** Where the history is kept: `flows.historyFile`, else `history.db` under HEDDLE_HOME. */
export function historyFile(settings: Settings): string {
  return resolve(settings.get("flows.historyFile") ?? join(heddleHome(), "history.db"));
}

/** One writer per file, for as long as the process lives. */
const sinks = new Map<string, HistorySink>();

/** Where the flows of this process say what happens to their runs; undefined when `flows.history` is false. */
export function processHistory(settings: Settings): RunEventSink | undefined {
  if (!settings.get("flows.history")) return undefined;
  const file = historyFile(settings);
  let sink = sinks.get(file);
  if (sink === undefined) {
    const [maxAge, maxRuns] = [settings.get("flows.historyMaxAge"), settings.get("flows.historyMaxRuns")];
    sinks.set(file, (sink = new HistorySink({ file, maxAge, maxRuns })));
  }
  return sink;
}
