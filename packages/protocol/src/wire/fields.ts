/** Checks of single fields of a message from outside, with the message's op and the field's name in what they throw. */
import { HeddleError, registerError } from "../errors.js";

/** A well-formed frame with a message that makes no sense. Nothing of it was acted upon; its connection is closed. */
export class MessageError extends HeddleError {
  constructor(
    readonly op: string,
    readonly problem: string,
  ) {
    super("HEDDLE_MESSAGE_MALFORMED", `received a message that makes no sense: ${op}: ${problem}`);
  }
}
registerError(MessageError);

const MAX_INT32 = 2 ** 31 - 1;

/**
 * Reads the fields of one message. Every method returns the field when it is what it has to be.
 *
 * @throws MessageError when it is not.
 */
export class Fields {
  readonly #message: Readonly<Record<string, unknown>>;
  readonly #op: string;

  constructor(message: object, op: string) {
    this.#message = message as Readonly<Record<string, unknown>>;
    this.#op = op;
  }

  fail(field: string, expected: string): never {
    throw new MessageError(this.#op, `${field} is not ${expected}`);
  }

  value(field: string): unknown {
    return this.#message[field];
  }

  has(field: string): boolean {
    return this.#message[field] !== undefined;
  }

  text(field: string): string {
    const value = this.#message[field];
    return typeof value === "string" ? value : this.fail(field, "a string");
  }

  flag(field: string): boolean {
    const value = this.#message[field];
    return typeof value === "boolean" ? value : this.fail(field, "true or false");
  }

  /** A finite number from 0. */
  amount(field: string): number {
    const value = this.#message[field];
    return typeof value === "number" && value >= 0 && value < Infinity ? value : this.fail(field, "a number from 0");
  }

  integer(field: string, least = 0, most: number = MAX_INT32): number {
    const value = this.#message[field];
    return Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? (value as number)
      : this.fail(field, `a whole number from ${least} to ${most}`);
  }

  list(field: string): readonly unknown[] {
    const value = this.#message[field];
    return Array.isArray(value) ? value : this.fail(field, "a list");
  }

  texts(field: string): readonly string[] {
    const value = this.list(field);
    for (const item of value) if (typeof item !== "string") this.fail(field, "a list of strings");
    return value as readonly string[];
  }

  textsOrNull(field: string): readonly string[] | null {
    return this.#message[field] === null ? null : this.texts(field);
  }

  record(field: string): Readonly<Record<string, unknown>> {
    const value = this.#message[field];
    return isRecord(value) ? value : this.fail(field, "an object");
  }

  bytes(field: string, length?: number): Uint8Array {
    const value = this.#message[field];
    if (!(value instanceof Uint8Array)) return this.fail(field, "bytes");
    if (length !== undefined && value.length !== length) this.fail(field, `${length} bytes`);
    return value;
  }

  /** An Int32Array of `rows` numbers (any count when absent), each at least `least`. */
  ints(field: string, rows?: number, least = 0): Int32Array {
    const value = this.#message[field];
    if (!(value instanceof Int32Array)) return this.fail(field, "a column of integers");
    if (rows !== undefined && value.length !== rows) this.fail(field, `a column of ${rows} rows`);
    for (let row = 0; row < value.length; row++)
      if (value[row]! < least) this.fail(`${field}[${row}]`, `at least ${least}`);
    return value;
  }

  /** A Float64Array of `rows` finite numbers from 0. */
  floats(field: string, rows?: number): Float64Array {
    const value = this.#message[field];
    if (!(value instanceof Float64Array)) return this.fail(field, "a column of numbers");
    if (rows !== undefined && value.length !== rows) this.fail(field, `a column of ${rows} rows`);
    for (let row = 0; row < value.length; row++)
      if (!(value[row]! >= 0 && value[row]! < Infinity)) this.fail(`${field}[${row}]`, "a number from 0");
    return value;
  }

  /** A column of `rows` values between `least` and `most`, as an array or as one number for all. */
  column(field: string, rows: number, least = 0, most: number = MAX_INT32): Int32Array | number {
    const value = this.#message[field];
    if (typeof value === "number") return rows === 0 ? value : this.integer(field, least, most);
    const column = this.ints(field, rows, least);
    if (most !== MAX_INT32)
      for (let row = 0; row < rows; row++)
        if (column[row]! > most) this.fail(`${field}[${row}]`, `between ${least} and ${most}`);
    return column;
  }

  /** A column of lengths whose sum is `total`. Negative ones (down to `least`) count as nothing. */
  lengths(field: string, rows: number, total: number, least = 0): Int32Array | number {
    const column = this.column(field, rows, least);
    let sum = 0;
    if (typeof column === "number") sum = Math.max(column, 0) * rows;
    else for (let row = 0; row < rows; row++) sum += Math.max(column[row]!, 0);
    if (sum !== total) this.fail(field, `lengths of ${total} together`);
    return column;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
