/**
 * Chunks as text in the database: JSON of columns in which what grows slowly (numbers, times) is differences and names that follow from
 * their task are numbers. About 40 bytes a task run with its three states.
 */
import { put, type LogColumns, type RunChunk, type StateColumns, type TaskRunColumns } from "./chunk.js";
import type { Json } from "./run-event.js";

/** Task runs and states of a chunk. */
export interface StateChunk {
  readonly words: readonly string[];
  readonly runs: TaskRunColumns;
  readonly states: StateColumns;
}

export function writeStates({ words, runs, states }: RunChunk): string {
  return JSON.stringify([
    words,
    differences(runs.number),
    runs.name.map((name, row) => shortName(name, words[runs.task[row]!]!)),
    runs.task,
    runs.tags,
    timeDifferences(runs.time),
    runs.upstream,
    runs.child,
    runs.key,
    differences(states.number),
    states.kind,
    timeDifferences(states.time),
    states.message,
    states.details,
    states.result,
    states.worker,
  ]);
}

export function readStates(text: string): StateChunk {
  // Written by `writeStates`: this is its shape.
  const columns = JSON.parse(text) as [
    string[],
    number[],
    (string | number)[],
    number[],
    number[],
    number[],
    TaskRunColumns["upstream"],
    TaskRunColumns["child"],
    TaskRunColumns["key"],
    number[],
    number[],
    number[],
    StateColumns["message"],
    StateColumns["details"],
    StateColumns["result"],
    StateColumns["worker"],
  ];
  const [words, number, name, task, tags, time, upstream, child, key, of, kind, at, message, details, result, worker] =
    columns;
  return {
    words,
    runs: {
      number: sums(number),
      name: name.map((each, row) => (typeof each === "number" ? `${words[task[row]!]!}-${each}` : each)),
      task,
      tags,
      time: timeSums(time),
      upstream,
      child,
      key,
    },
    states: { number: sums(of), kind, time: timeSums(at), message, result, ...workersOf(words, details, worker) },
  };
}

/** Workers were once among the details, and are so in older files. Adds their names to `words`. */
function workersOf(
  words: string[],
  details: StateColumns["details"],
  worker: StateColumns["worker"],
): Pick<StateColumns, "details" | "worker"> {
  if (worker[0].length > 0 || !details[1].some((each) => typeof each["worker"] === "string"))
    return { details, worker };
  const found: Pick<StateColumns, "details" | "worker"> = { details: [[], []], worker: [[], []] };
  for (const [index, { worker: name, ...others }] of details[1].entries()) {
    const row = details[0][index]!;
    if (typeof name === "string") put(found.worker, row, wordOf(words, name));
    if (typeof name !== "string" || Object.keys(others).length > 0) put(found.details, row, others);
  }
  return found;
}

function wordOf(words: string[], text: string): number {
  const known = words.indexOf(text);
  return known < 0 ? words.push(text) - 1 : known;
}

export function writeLogs({ logs }: RunChunk): string {
  return JSON.stringify([differences(logs.number), timeDifferences(logs.time), logs.level, logs.message, logs.worker]);
}

export function readLogs(text: string): LogColumns {
  const columns = JSON.parse(text) as [number[], number[], number[], string[], LogColumns["worker"]];
  const [number, time, level, message, worker] = columns;
  return { number: sums(number), time: timeSums(time), level, message, worker };
}

/** JSON of what may hold anything that a caller's types did not rule out; undefined for what is no JSON. */
export function jsonText(value: Json | readonly string[]): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** `say_hello-12` of the task `say_hello` is 12. */
function shortName(name: string, task: string): string | number {
  if (!name.startsWith(task) || name[task.length] !== "-") return name;
  const count = Number(name.slice(task.length + 1));
  return Number.isSafeInteger(count) && name === `${task}-${count}` ? count : name;
}

function differences(column: readonly number[]): number[] {
  let before = 0;
  return column.map((value) => {
    const difference = value - before;
    before = value;
    return difference;
  });
}

function sums(column: readonly number[]): number[] {
  let sum = 0;
  return column.map((difference) => (sum += difference));
}

/** Whole microseconds: milliseconds with decimals would be written with up to 17 digits. */
function timeDifferences(column: readonly number[]): number[] {
  return differences(column.map((time) => Math.round(time * 1000)));
}

function timeSums(column: readonly number[]): number[] {
  return sums(column).map((time) => time / 1000);
}
