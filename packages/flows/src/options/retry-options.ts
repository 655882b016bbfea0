/** How retries are asked for. */
import { InvalidOptionError } from "@heddle/client";
import { parseDuration, type Duration } from "@heddle/protocol";
import type { OptionChecks } from "./checks.js";

/** Milliseconds before each retry, made for so many retries. */
export type RetryDelays = (retries: number) => readonly Duration[];

/** One for all retries, one for each (the last one repeats), or a function of how many there are. */
export type RetryDelay = Duration | readonly Duration[] | RetryDelays;

const MOST_DELAYS = 50;

/**
 * Delays that double: `factor`, 2 x `factor`, 4 x `factor`, and so on.
 *
 * @example
 * task(fetchPage, { retries: 3, retryDelay: exponentialBackoff("10s") }); // waits 10, 20 and 40 seconds
 *
 * @throws QuantityError
 */
export function exponentialBackoff(factor: Duration): RetryDelays {
  const first = parseDuration(factor);
  return (retries) => Array.from({ length: Math.min(retries, MOST_DELAYS) }, (_, i) => first * 2 ** i);
}

/** Milliseconds before attempt 2, 3, ...: the last one repeats. Empty: none. */
export function resolveRetryDelays<O extends { readonly retryDelay?: RetryDelay }>(
  checks: OptionChecks<O>,
  retries: number,
): readonly number[] {
  const { retryDelay } = checks.options;
  if (retryDelay === undefined) return [];
  const given: unknown = typeof retryDelay === "function" ? retryDelay(retries) : retryDelay;
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length > MOST_DELAYS)
    throw new InvalidOptionError(
      checks.where,
      "retryDelay",
      `retryDelay has ${list.length} delays, and ${MOST_DELAYS} is the most there can be`,
    );
  return list.map((delay) => checks.milliseconds("retryDelay", delay));
}
