import { HeddleError, registerError } from "../errors.js";

/** What {@link CodecError.code} may be. */
export type CodecErrorCode = "HEDDLE_VALUE_NOT_ENCODABLE" | "HEDDLE_VALUE_TOO_DEEP" | "HEDDLE_CODEC_MALFORMED";

/**
 * A value that cannot become bytes, or bytes that are not a value.
 *
 * - `HEDDLE_VALUE_NOT_ENCODABLE`: the value holds something that cannot leave its process (a function nobody claims, a Promise, a
 *   class instance, ...). {@link CodecError.path} says where.
 * - `HEDDLE_VALUE_TOO_DEEP`: nesting that can only be walked recursively (sets in sets, causes of causes, ...) is too deep.
 * - `HEDDLE_CODEC_MALFORMED`: the bytes are truncated, damaged, or were written by something else.
 */
export class CodecError extends HeddleError {
  declare readonly code: CodecErrorCode;
  /** Where in the value, such as `value.rows[3].get("k")`. Empty for malformed bytes. */
  readonly path: string;

  constructor(code: CodecErrorCode, message: string, options?: ErrorOptions & { path?: string }) {
    super(code, message, options);
    this.path = options?.path ?? "";
  }
}

registerError(CodecError);

export function malformed(problem: string, cause?: unknown): CodecError {
  return new CodecError(
    "HEDDLE_CODEC_MALFORMED",
    `Cannot decode a value: ${problem}. The bytes are truncated or damaged, or another version of Heddle wrote them.`,
    cause === undefined ? undefined : { cause },
  );
}

export function tooDeepToDecode(): CodecError {
  return new CodecError(
    "HEDDLE_VALUE_TOO_DEEP",
    "Cannot decode a value: it is nested more deeply than the stack is high. Decode it where less of the stack is in use, or flatten it.",
  );
}

export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message === "Maximum call stack size exceeded";
}
