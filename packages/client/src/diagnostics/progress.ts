/** A bar in the terminal that says how far some tasks are; lines where there is no terminal. */
import { taskOf, sessionOf, type Future } from "../client/future.js";
import { commonSession, futureList } from "../client/wait.js";
import { futureOf, isDelayed, type Delayed } from "../delayed/delayed.js";
import { DelayedUseError, checkOptionNames } from "../errors/usage.js";
import { progressLine, progressText, type Tally } from "./progress-line.js";

/** What is written to: process.stderr, or anything like it. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  /** Width of the terminal. */
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  /** What stands before the bar. Default: the tasks' common name. */
  readonly label?: string;
  /** Default: standard error, so that what the program prints can be piped. */
  readonly stream?: ProgressStream;
}

/** Something that is under way. */
type Started = Future<unknown> | Delayed<unknown>;

/** Milliseconds between two looks. */
const REDRAW = 100;
/** A log gets a line for every tenth that is done, and in between when it has been silent for so many milliseconds. */
const STEPS = 10;
const SILENCE = 10_000;
const COLUMNS = 80;
const CLEAR_LINE = "\r\u001b[2K";

/**
 * Shows how far these tasks are until all are done. In a terminal that is one line which is drawn again and again; elsewhere (a
 * file, the log of a CI job) a line now and then. Failed tasks are counted, not thrown.
 *
 * @example
 * const futures = client.map(resize, files);
 * await progress(futures);
 * const sizes = await client.gather(futures);
 *
 * @param items - futures, or Delayeds that `client.persist` gave
 * @throws DelayedUseError - a Delayed has not been started.
 */
export async function progress(items: Started | Iterable<Started>, options: ProgressOptions = {}): Promise<void> {
  checkOptionNames("progress", options, ["label", "stream"]);
  const list = futureList("progress", isOne(items) ? [startedFuture(items)] : Array.from(items, startedFuture));
  const session = commonSession("progress", list);
  if (session === undefined) return;
  const label = options.label ?? commonName(list);
  const stream = options.stream ?? process.stderr;
  const begin = performance.now();
  const look = (): Tally => tally(list, performance.now() - begin);
  const show = stream.isTTY === true && process.env["CI"] === undefined ? bar(label, stream) : log(label, stream);

  show(look(), false);
  const timer = setInterval(() => show(look(), false), REDRAW);
  timer.unref();
  try {
    await session.until(list.map(taskOf), "all");
  } finally {
    clearInterval(timer);
    show(look(), true);
  }
}

function isOne(items: Started | Iterable<Started>): items is Started {
  // A Delayed refuses `in`.
  return isDelayed(items) || !(Symbol.iterator in items);
}

function startedFuture(item: Started): Future<unknown> {
  if (typeof item !== "object" || item === null || !isDelayed(item)) return item;
  const future = futureOf(item);
  if (future === undefined)
    throw new DelayedUseError(
      `progress: ${item.key} has not been started: persist it, const [it] = client.persist(...), and give what that returns`,
    );
  return future;
}

type Show = (tally: Tally, last: boolean) => void;

function bar(label: string, stream: ProgressStream): Show {
  return (tally, last) => {
    const line = progressLine(label, tally, (stream.columns ?? COLUMNS) - 1);
    stream.write(`${CLEAR_LINE}${line}${last ? "\n" : ""}`);
  };
}

function log(label: string, stream: ProgressStream): Show {
  let step = -1;
  let saidAt = 0;
  return (tally, last) => {
    const reached = tally.total === 0 ? STEPS : Math.floor(((tally.finished + tally.failed) / tally.total) * STEPS);
    if (!last && reached <= step && tally.elapsed - saidAt < SILENCE) return;
    // The last step is said once, by the last call.
    if (!last && reached === STEPS) return;
    step = reached;
    saidAt = tally.elapsed;
    stream.write(`${label === "" ? "" : `${label}: `}${progressText(tally).trimStart()}\n`);
  };
}

function tally(futures: readonly Future<unknown>[], elapsed: number): Tally {
  let finished = 0;
  let failed = 0;
  for (const future of futures) {
    const status = sessionOf(future).status(taskOf(future));
    if (status === "finished") finished++;
    else if (status !== "pending") failed++;
  }
  return { total: futures.length, finished, failed, elapsed };
}

/** The name of the first task, when the last one has the same: looking at each would make a string of every key. */
function commonName(futures: readonly Future<unknown>[]): string {
  const name = (future: Future<unknown>): string => future.key.replace(/-[^-]*$/, "");
  const first = name(futures[0]!);
  return first === name(futures.at(-1)!) ? first : "";
}
