/** The history that commands read. */
import { HistoryReader, UnknownFlowRunError, historyFile, type FlowRunRecord } from "@heddle/flows/history";
import { loadSettings } from "@heddle/protocol";

/** @throws NoHistoryError when no flow has run yet, and what else is wrong with the file */
export function openHistory(): HistoryReader {
  return HistoryReader.open(historyFile(loadSettings()));
}

/** @throws UnknownFlowRunError, AmbiguousRunError */
export function findRun(history: HistoryReader, run: string): FlowRunRecord {
  const found = history.flowRun(run);
  if (found === undefined) throw new UnknownFlowRunError(run);
  return found;
}
