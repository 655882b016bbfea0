/** The history that commands read. */
import { HistoryReader, UnknownFlowRunError, type FlowRunRecord } from "@heddle/flows/history";

/** @throws NoHistoryError when no flow has run yet, and what else is wrong with the file */
export function openHistory(): HistoryReader {
  return HistoryReader.open();
}

/** @throws UnknownFlowRunError, AmbiguousRunError */
export function findRun(history: HistoryReader, run: string): FlowRunRecord {
  const found = history.flowRun(run);
  if (found === undefined) throw new UnknownFlowRunError(run);
  return found;
}
