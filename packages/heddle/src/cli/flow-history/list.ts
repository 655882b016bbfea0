/** `heddle flows ls`. */
import {
  NoHistoryError,
  historyFile,
  type FlowRunQuery,
  type FlowRunRecord,
  type StateRecord,
} from "@heddle/flows/history";
import { loadSettings } from "@heddle/protocol";
import { printJson, printLine, printTable, printable } from "../output.js";
import { openHistory } from "./open.js";
import { durationOf, formatTime, look, paint } from "./style.js";

export interface ListOptions {
  readonly flow?: string;
  readonly state?: StateRecord["type"];
  /** Milliseconds. */
  readonly since?: number;
  readonly limit: number;
  readonly json?: true;
}

/** Characters of a message that a list has room for. */
const MESSAGE = 60;

export function listRuns(options: ListOptions): void {
  const { flow, state, since, limit, json } = options;
  const query = {
    ...(flow === undefined ? {} : { flow }),
    ...(state === undefined ? {} : { state }),
    ...(since === undefined ? {} : { since: Date.now() - since }),
  };
  // One more than shown, to know whether there are more.
  const found = read({ ...query, limit: limit + 1 });
  if (json) return printJson((found ?? []).slice(0, limit));
  if (found === undefined) return printHint();
  const runs = found.slice(0, limit);
  if (runs.length === 0)
    return printLine(Object.keys(query).length === 0 ? "no flow runs yet" : "no flow runs are like this");
  printTable(
    ["", "flow", "run", "id", "state", "tasks", "created", "took", ""],
    runs.map(row),
    (cell, index, column) => {
      if (index < 0) return paint("gray", cell);
      const { state } = runs[index]!;
      if (column === 0 || column === 4) return paint(look(state).colour, cell);
      return column === 3 || column === 8 ? paint("gray", cell) : cell;
    },
  );
  if (found.length > limit) printLine(`the newest ${limit}; there are more (--limit)`);
}

/** Undefined when there is no history yet. */
function read(query: FlowRunQuery): FlowRunRecord[] | undefined {
  try {
    using history = openHistory();
    return history.flowRuns(query);
  } catch (error) {
    if (error instanceof NoHistoryError) return undefined;
    throw error;
  }
}

/** Beside the output, which is empty. */
function printHint(): void {
  const settings = loadSettings();
  process.stderr.write(
    settings.get("flows.history")
      ? `no flow runs yet: the first flow that runs makes ${historyFile(settings)}\n`
      : "no flow runs: the setting flows.history is false, so none are kept\n",
  );
}

function row(run: FlowRunRecord): (string | number)[] {
  const total = Object.values(run.taskRuns).reduce((sum, count) => sum + count, 0);
  const completed = run.taskRuns.Completed ?? 0;
  const message = printable(run.state.type === "Completed" ? "" : (run.state.message ?? ""));
  return [
    look(run.state).sign,
    printable(run.flow),
    printable(run.name),
    run.id.slice(0, 8),
    printable(run.state.name),
    completed === total ? String(total) : `${completed}/${total}`,
    formatTime(run.created),
    durationOf(run),
    message.length > MESSAGE ? `${message.slice(0, MESSAGE)}…` : message,
  ];
}
