/** Errors of the library as plain data, where no value codec is at work: refusals, answers, messages between processes. */
import { HeddleError, errorClass } from "./errors.js";
import type { PlainError } from "./messages/plain.js";

/** An error as plain data. What is not an error of ours becomes HEDDLE_INTERNAL. */
export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof HeddleError))
    return {
      name: "HeddleError",
      code: "HEDDLE_INTERNAL",
      message: error instanceof Error ? error.message : String(error),
    };
  const fields: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(error)) if (field !== "code" && field !== "cause") fields[field] = value;
  return { name: error.name, code: error.code, message: error.message, fields };
}

/** The error again: of its own class when this process has it, with its fields, and with a stack that begins here. */
export function fromPlainError(plain: PlainError): HeddleError {
  const error = new HeddleError(plain.code, plain.message);
  const type = errorClass(plain.name);
  // Constructors of errors take what they are about and write the message themselves; this one is written already.
  if (type !== undefined) Object.setPrototypeOf(error, type.prototype as object);
  Object.defineProperty(error, "name", { value: plain.name, configurable: true, writable: true, enumerable: false });
  for (const [field, value] of Object.entries(plain.fields ?? {})) {
    if (field === "__proto__") continue;
    Object.defineProperty(error, field, { value, configurable: true, writable: true, enumerable: true });
  }
  return error;
}
