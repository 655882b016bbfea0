import { at, type Column, type TaskOptions } from "@heddle/protocol";
import { ExecuteFlag } from "../executor/interface.js";
import type { Assignment } from "./assignment.js";
import type { ExecuteColumns } from "./events.js";
import { takesRetained } from "./retention.js";
import type { IdTable } from "../id-table.js";
import { Mark, type Task } from "./task.js";

let batches = 0;

/** Runs for a thread as columns that nobody else refers to: the pool may transfer them. */
export function buildBatch(thread: number, runs: readonly Task[], table: IdTable<Task>): ExecuteColumns {
  const rows = runs.length;
  const number = ++batches;
  const tasks = new Int32Array(rows);
  const tickets = new Int32Array(rows);
  const functionOf = new Int32Array(rows);
  const flags = new Int32Array(rows);
  const attempts = new Int32Array(rows);
  const optionsOf = new Int32Array(rows);
  const depCounts = new Int32Array(rows);
  const options = new OptionTable();
  let depTotal = 0;
  for (let row = 0; row < rows; row++) {
    const run = runs[row]!;
    const { message } = run.assignment!;
    tasks[row] = run.id;
    tickets[row] = run.ticket;
    functionOf[row] = at(message.functionOf, run.row);
    flags[row] = at(message.flags, run.row) | retainFlags(run);
    attempts[row] = at(message.attempts, run.row);
    optionsOf[row] = options.index(run.assignment!, run.row);
    depTotal += depCounts[row] = at(message.depCounts, run.row);
  }

  const deps = new Int32Array(depTotal);
  const depInputs = new Int32Array(depTotal);
  const inputs: number[] = [];
  let filled = 0;
  for (let row = 0; depTotal > 0 && row < rows; row++) {
    const run = runs[row]!;
    const start = run.assignment!.depsStart(run.row);
    for (let dep = start; dep < start + depCounts[row]!; dep++) {
      const id = run.assignment!.message.deps[dep]!;
      const input = table.get(id)!;
      deps[filled] = id;
      if (takesRetained(input, run, thread)) {
        depInputs[filled++] = -1;
        run.marks |= Mark.takes;
        continue;
      }
      if (input.batch !== number) {
        input.batch = number;
        input.input = inputs.push(id) - 1;
      }
      depInputs[filled++] = input.input;
    }
  }

  return {
    rows,
    tasks,
    runs: tickets,
    functionOf: compact(functionOf),
    flags: compact(flags),
    attempts: compact(attempts),
    options: options.list,
    optionsOf: compact(optionsOf),
    ...byteColumns(runs),
    depCounts: compact(depCounts),
    deps,
    depInputs,
    inputs: Int32Array.from(inputs),
  };
}

function retainFlags(run: Task): number {
  run.marks &= ~Mark.handedOn;
  if (run.retainedOn === -1) return 0;
  if (run.retainRest !== 1) return ExecuteFlag.retain;
  run.marks |= Mark.handedOn;
  return ExecuteFlag.retain | ExecuteFlag.handOn;
}

/** Keys and arguments, copied stretch by stretch: rows usually follow each other in one message. */
function byteColumns(runs: readonly Task[]) {
  const rows = runs.length;
  const keyLengths = new Int32Array(rows);
  const argLengths = new Int32Array(rows);
  const stretches: [from: number, to: number][] = [];
  let keyBytes = 0;
  let argBytes = 0;
  for (let from = 0; from < rows;) {
    const { assignment, row } = runs[from]!;
    let to = from;
    while (to < rows && runs[to]!.assignment === assignment && runs[to]!.row === row + to - from) {
      keyLengths[to] = assignment!.keys.length(row + to - from);
      argLengths[to] = at(assignment!.message.argLengths, row + to - from);
      to++;
    }
    stretches.push([from, to]);
    keyBytes += assignment!.keys.span(row, row + to - from);
    argBytes += assignment!.argsSpan(row, row + to - from);
    from = to;
  }
  const keys = new Uint8Array(keyBytes);
  const args = new Uint8Array(argBytes);
  let keyEnd = 0;
  let argEnd = 0;
  for (const [from, to] of stretches) {
    const { assignment, row } = runs[from]!;
    keyEnd += assignment!.keys.copy(row, row + to - from, keys, keyEnd);
    argEnd += assignment!.copyArgs(row, row + to - from, args, argEnd);
  }
  return { keyLengths, keys, argLengths, args };
}

/** Options of several messages in one list. */
class OptionTable {
  readonly list: TaskOptions[] = [];
  readonly #indices = new Map<TaskOptions, number>();

  index(assignment: Assignment, row: number): number {
    const options = assignment.options(row);
    if (options === undefined) return -1;
    let index = this.#indices.get(options);
    if (index === undefined) this.#indices.set(options, (index = this.list.push(options) - 1));
    return index;
  }
}

/** A number in place of a column whose rows are all the same. */
function compact(column: Int32Array): Column {
  const first = column[0];
  for (let row = 1; row < column.length; row++) if (column[row] !== first) return column;
  return first ?? column;
}
