/** Durations and sizes as people write them: `"250ms"`, `"5s"`, `"2m"`, `"1h"`; `"64MiB"`, `"2GB"`. */
import { HeddleError, registerError } from "../errors.js";

/** Milliseconds, or a string such as "250ms", "5s", "2m", "1h". */
export type Duration = number | string;
/** Bytes, or a string such as "64MiB" (powers of 1024) or "2GB" (powers of 1000). */
export type Size = number | string;

/** A duration or size that cannot be read. `input` is what was given. */
export class QuantityError extends HeddleError {
  constructor(
    readonly input: unknown,
    expected: string,
  ) {
    super("HEDDLE_QUANTITY_INVALID", `${JSON.stringify(input) ?? String(input)} is not ${expected}`);
  }
}
registerError(QuantityError);

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  ...Object.fromEntries(["k", "m", "g", "t"].map((letter, i) => [`${letter}b`, 1000 ** (i + 1)])),
  ...Object.fromEntries(["k", "m", "g", "t"].map((letter, i) => [`${letter}ib`, 1024 ** (i + 1)])),
};

/**
 * Milliseconds of a duration.
 *
 * @throws QuantityError for negative numbers, NaN, unknown units and bare digits in a string.
 */
export function parseDuration(input: Duration): number {
  const value = parse(input, MILLISECONDS);
  if (value === undefined)
    throw new QuantityError(input, 'a duration: write milliseconds as a number, or "250ms", "5s", "2m", "1h"');
  return value;
}

/**
 * Bytes of a size, whole.
 *
 * @throws QuantityError for negative numbers, NaN, unknown units and bare digits in a string.
 */
export function parseSize(input: Size): number {
  const value = parse(input, BYTES);
  if (value === undefined || !Number.isFinite(value))
    throw new QuantityError(input, 'a size: write bytes as a number, or "64MiB", "2GB"');
  return Math.round(value);
}

function parse(input: unknown, units: Readonly<Record<string, number>>): number | undefined {
  if (typeof input === "number") return input >= 0 ? input : undefined;
  if (typeof input !== "string") return undefined;
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(input);
  const unit = units[match?.[2]?.toLowerCase() ?? ""];
  return unit === undefined ? undefined : Number(match![1]) * unit;
}
