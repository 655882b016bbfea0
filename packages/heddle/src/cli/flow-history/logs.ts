/** `heddle flows logs`. */
import type { FlowRunRecord, HistoryReader, LogLevel, LogQuery, LogRecord } from "@heddle/flows/history";
import { printJson, printLine, printable } from "../output.js";
import { UntilTold } from "../until-told.js";
import { findRun, openHistory } from "./open.js";
import { formatClock, paint, type Colour } from "./style.js";

export interface LogOptions {
  readonly follow?: true;
  readonly level: LogLevel;
  readonly task?: string;
  readonly json?: true;
}

const COLOURS = { debug: "gray", info: "cyan", warn: "yellow", error: "red" } as const satisfies Record<
  LogLevel,
  Colour
>;

export function showLog(name: string, options: LogOptions): void | Promise<void> {
  return options.follow === true ? followLog(name, options) : printLog(name, options);
}

function printLog(name: string, { level, task, json }: LogOptions): void {
  using history = openHistory();
  const run = findRun(history, name);
  const names = new Names(history, run, task);
  const lines: LogRecord[] = [];
  for (let query: LogQuery = { level }; ;) {
    const page = history.logs(run.id, query);
    for (const line of page.lines) {
      if (!names.wanted(line)) continue;
      if (json) lines.push(line);
      else printLogLine(line, names);
    }
    if (!page.more) break;
    query = { level, after: page.next };
  }
  if (json) printJson(lines.map((line) => ({ ...line, run: names.of(line.number) })));
}

async function followLog(name: string, { level, task, json }: LogOptions): Promise<void> {
  using history = openHistory();
  const run = findRun(history, name);
  const names = new Names(history, run, task);
  using told = new UntilTold();
  const stop = new AbortController();
  void told.told.then(() => stop.abort());
  for await (const line of history.followLogs(run.id, { level, signal: stop.signal })) {
    if (!names.wanted(line)) continue;
    if (json) printLine(JSON.stringify({ ...line, run: names.of(line.number) }));
    else printLogLine(line, names);
  }
}

/** Task runs of a flow run by number, read as they are needed: they come while the log is followed. */
class Names {
  readonly #history: HistoryReader;
  readonly #run: FlowRunRecord;
  readonly #task: string | undefined;
  readonly #known = new Map<number, { readonly name: string; readonly task: string }>();

  constructor(history: HistoryReader, run: FlowRunRecord, task: string | undefined) {
    this.#history = history;
    this.#run = run;
    this.#task = task;
  }

  of(number: number): string {
    return number < 0 ? this.#run.name : this.#lookUp(number).name;
  }

  wanted({ number }: LogRecord): boolean {
    if (this.#task === undefined) return true;
    if (number < 0) return false;
    const { name, task } = this.#lookUp(number);
    return name === this.#task || task === this.#task;
  }

  #lookUp(number: number): { readonly name: string; readonly task: string } {
    let known = this.#known.get(number);
    if (known !== undefined) return known;
    const [found] = this.#history.taskRuns(this.#run.id, { after: number - 1, limit: 1 });
    known = found?.number === number ? { name: found.name, task: found.task } : { name: `#${number}`, task: "" };
    this.#known.set(number, known);
    return known;
  }
}

function printLogLine(line: LogRecord, names: Names): void {
  const time = paint("gray", formatClock(line.time));
  const level = paint(COLOURS[line.level], line.level.padEnd(5));
  const where = line.worker === undefined ? "" : paint("gray", ` @ ${printable(line.worker)}`);
  const [first = "", ...rest] = line.message.replace(/\n$/, "").split("\n").map(printable);
  printLine(`${time} ${level} ${paint("bold", printable(names.of(line.number)))}${where}  ${first}`);
  for (const more of rest) printLine(`${" ".repeat(18)} ${more}`);
}
