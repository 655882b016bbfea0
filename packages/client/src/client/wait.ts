/** Waiting for futures. */
import { parseDuration, type Duration } from "@heddle/protocol";
import { InvalidArgumentError, InvalidOptionError, checkOptionNames } from "../errors/usage.js";
import { isFuture, sessionOf, taskOf, type Future } from "./future.js";
import type { Session } from "./session.js";
import type { Until } from "./settlement.js";

export interface WaitOptions {
  /** How many have to be done. `firstException`: until one has failed, or all are done. Default: all of them. */
  readonly returnWhen?: "allCompleted" | "firstCompleted" | "firstException";
  /** The longest time to wait. Default: for ever. */
  readonly timeout?: Duration;
}

export interface Waited<T> {
  /** Finished, failed, cancelled or lost. */
  readonly done: Future<T>[];
  readonly notDone: Future<T>[];
}

const UNTIL: Readonly<Record<NonNullable<WaitOptions["returnWhen"]>, Until>> = {
  allCompleted: "all",
  firstCompleted: "first",
  firstException: "firstError",
};

/**
 * Waits until futures are done. Neither a failed task nor the end of the timeout is an error here: what is done, and what is not,
 * is the answer.
 *
 * @throws InvalidOptionError, InvalidArgumentError
 *
 * @example
 * const { done, notDone } = await wait(futures, { returnWhen: "firstCompleted", timeout: "1s" });
 */
export async function wait<T>(futures: Iterable<Future<T>>, options: WaitOptions = {}): Promise<Waited<T>> {
  checkOptionNames("wait", options, ["returnWhen", "timeout"]);
  const { returnWhen = "allCompleted" } = options;
  if (!Object.hasOwn(UNTIL, returnWhen))
    throw new InvalidOptionError("wait", "returnWhen", `returnWhen is one of ${Object.keys(UNTIL).join(", ")}`);
  const list = futureList("wait", futures);
  const timeout = options.timeout === undefined ? undefined : parseDuration(options.timeout);
  const session = commonSession("wait", list);
  if (session !== undefined) await session.until(list.map(taskOf), UNTIL[returnWhen], timeout);
  const done: Future<T>[] = [];
  const notDone: Future<T>[] = [];
  for (const future of list) (future.done ? done : notDone).push(future);
  return { done, notDone };
}

/** The futures as an array. @throws InvalidArgumentError when something else is among them. */
export function futureList<T>(where: string, futures: Iterable<Future<T>>): Future<T>[] {
  if (typeof futures !== "object" || futures === null || !(Symbol.iterator in futures))
    throw new InvalidArgumentError(
      where,
      "its first argument must be an array of futures, or another iterable of them",
    );
  const list = Array.isArray(futures) ? (futures as Future<T>[]) : Array.from(futures);
  for (const [index, future] of list.entries())
    if (typeof future !== "object" || future === null || !isFuture(future))
      throw new InvalidArgumentError(where, `item ${index} of its first argument is not a future`);
  return list;
}

/** The client that all of them belong to, undefined for none. @throws InvalidArgumentError for futures of several clients. */
export function commonSession(where: string, futures: readonly Future<unknown>[]): Session | undefined {
  const first = futures[0];
  if (first === undefined) return undefined;
  const session = sessionOf(first);
  for (const future of futures)
    if (sessionOf(future) !== session) throw new InvalidArgumentError(where, "its futures belong to several clients");
  return session;
}
