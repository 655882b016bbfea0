/** `heddle flows show`. */
import type { ArtifactRecord, FlowRunRecord, HistoryReader, TaskRunRecord } from "@heddle/flows/history";
import { printJson, printLine, printable } from "../output.js";
import { findRun, openHistory } from "./open.js";
import { durationOf, formatTime, look, paint } from "./style.js";

export interface ShowOptions {
  readonly limit: number;
  readonly json?: true;
}

/** Subflows of subflows that are shown; a flow may call itself. */
const DEEPEST = 10;
/** Names longer than this are not waited for by the column after them. */
const WIDEST = 40;
const MESSAGE_LINES = 4;
const UNFORTUNATE = ["Failed", "Crashed", "Cancelled"] as const;

export function showRun(name: string, { limit, json }: ShowOptions): void {
  using history = openHistory();
  const run = findRun(history, name);
  if (json)
    return printJson({
      ...run,
      states: history.states(run.id),
      taskRunList: chosen(history, run, limit),
      artifacts: history.artifacts(run.id),
    });
  printHead(run);
  const artifacts = history.artifacts(run.id);
  printLine();
  printTree(history, run, limit, "", 1);
  if (artifacts.length === 0) return;
  printLine();
  printLine(paint("gray", "artifacts"));
  for (const artifact of artifacts) printLine(`  ${artifactLine(artifact)}`);
}

function printHead(run: FlowRunRecord): void {
  const { sign, colour } = look(run.state);
  const message = run.state.message === undefined ? "" : `  ${printable(run.state.message)}`;
  printLine(
    `${paint(colour, `${sign} ${printable(run.state.name)}`)}  ${paint("bold", printable(run.name))}${message}`,
  );
  const facts: readonly (readonly [string, string])[] = [
    ["flow", `${printable(run.flow)} (version ${printable(run.version)})`],
    ["id", run.id],
    ["runner", printable(run.runner)],
    ["created", formatTime(run.created)],
    ["took", durationOf(run)],
    ["process", `${run.pid} on ${printable(run.host)}`],
    ["tags", run.tags.map(printable).join(", ")],
    ["parameters", printable(run.parameters)],
    ["parent", run.parent === undefined ? "" : `${run.parent.flowRun.slice(0, 8)}, task run ${run.parent.number}`],
  ];
  for (const [name, fact] of facts) if (fact !== "") printLine(`  ${paint("gray", name.padEnd(10))}  ${fact}`);
}

function printTree(history: HistoryReader, run: FlowRunRecord, limit: number, indent: string, depth: number): void {
  const total = Object.values(run.taskRuns).reduce((sum, count) => sum + count, 0);
  const branches = chosen(history, run, limit).map((task) => branchOf(history, task));
  const width = Math.min(WIDEST, Math.max(0, ...branches.map((branch) => branch.label.length)));
  const more = total - branches.length;
  for (const [index, branch] of branches.entries()) {
    const last = index === branches.length - 1 && more <= 0;
    const below = `${indent}${last ? "  " : paint("gray", "│ ")} `;
    printLine(`${indent}${paint("gray", last ? "└─" : "├─")} ${describe(branch, width)}`);
    printMessage(branch.task, below);
    const { child } = branch;
    if (child === undefined) continue;
    if (depth < DEEPEST) printTree(history, child, limit, below, depth + 1);
    else printLine(below + paint("gray", `… (heddle flows show ${child.id.slice(0, 8)})`));
  }
  if (more > 0) printLine(indent + paint("gray", `└─ … ${more} more of ${total} task runs (--limit)`));
  if (total === 0) printLine(indent + paint("gray", "no task runs"));
}

/** A task run, or the flow run that it stands for. */
interface Branch {
  readonly task: TaskRunRecord;
  readonly child: FlowRunRecord | undefined;
  readonly label: string;
}

function branchOf(history: HistoryReader, task: TaskRunRecord): Branch {
  const child = task.childFlowRun === undefined ? undefined : history.flowRun(task.childFlowRun);
  const label = child === undefined ? printable(task.name) : `${printable(child.flow)} ${printable(child.name)}`;
  return { task, child, label };
}

function describe({ task, child, label }: Branch, width: number): string {
  const { sign, colour } = look(task.state);
  const notes = [
    durationOf(task),
    // What the sign says already needs no word.
    task.state.name === task.state.type ? "" : paint(colour, printable(task.state.name)),
    task.attempts > 1 ? `${task.attempts} attempts` : "",
    task.worker === undefined ? "" : paint("gray", `on ${printable(task.worker)}`),
    child === undefined ? "" : paint("gray", `subflow ${child.id.slice(0, 8)}`),
  ].filter((note) => note !== "");
  return [`${paint(colour, sign)} ${label.padEnd(width)}`, ...notes].join("  ").trimEnd();
}

/** Why it did not complete. */
function printMessage({ state }: TaskRunRecord, indent: string): void {
  if (state.type === "Completed" || state.message === undefined) return;
  for (const line of state.message.split("\n", MESSAGE_LINES))
    printLine(`${indent}  ${paint(look(state).colour, printable(line))}`);
}

/** As many as wanted in call order; where that is not all, those that went wrong before others. */
function chosen(history: HistoryReader, run: FlowRunRecord, limit: number): TaskRunRecord[] {
  const byNumber = new Map<number, TaskRunRecord>();
  const first = history.taskRuns(run.id, { limit });
  if (first.length === limit)
    for (const state of UNFORTUNATE)
      for (const each of history.taskRuns(run.id, { state, limit: limit - byNumber.size }))
        byNumber.set(each.number, each);
  for (const each of first) if (byNumber.size < limit) byNumber.set(each.number, each);
  return [...byNumber.values()].sort((a, b) => a.number - b.number);
}

function artifactLine({ type, key, description, data }: ArtifactRecord): string {
  const about =
    type === "link" ? JSON.stringify(data) : type === "table" && Array.isArray(data) ? `${data.length} rows` : "";
  return [type.padEnd(8), printable(key), printable(description), printable(about)]
    .filter((part) => part !== "")
    .join("  ");
}
