import { CodecError, type CodecErrorCode } from "./errors.js";

/** Longer paths lose their middle: a path is for reading. */
const SHOWN_AT_EACH_END = 12;

/**
 * Thrown where a value cannot be encoded, while the place is not yet known: each container on the way out adds its segment. So
 * encoding keeps no path, and what does not fail does not pay for one.
 */
export class EncodingFailure extends Error {
  /** Innermost first. */
  private readonly segments: string[] = [];

  constructor(
    private readonly code: CodecErrorCode,
    /** What is there, as the end of a sentence: "is a Promise". */
    private readonly problem: string,
    private readonly hint: string,
  ) {
    super(problem);
  }

  within(segment: string): this {
    this.segments.push(segment);
    return this;
  }

  toError(): CodecError {
    const path = "value" + joined(this.segments.reverse());
    return new CodecError(this.code, `Cannot encode ${path}: it ${this.problem}. ${this.hint}`, { path });
  }
}

function joined(segments: readonly string[]): string {
  if (segments.length <= 2 * SHOWN_AT_EACH_END + 1) return segments.join("");
  return segments.slice(0, SHOWN_AT_EACH_END).join("") + "…" + segments.slice(-SHOWN_AT_EACH_END).join("");
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

export function property(name: string): string {
  return IDENTIFIER.test(name) ? `.${name}` : `[${quoted(name)}]`;
}

export function element(index: number): string {
  return `[${String(index)}]`;
}

/** The value of a map's entry: `.get("k")` where the key can be written down, `.values()[i]` where not. */
export function entry(key: unknown, index: number): string {
  switch (typeof key) {
    case "string":
      return `.get(${quoted(key)})`;
    case "number":
    case "boolean":
    case "undefined":
      return `.get(${String(key)})`;
    case "bigint":
      return `.get(${String(key)}n)`;
    default:
      return `.values()[${String(index)}]`;
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? text.slice(0, 57) + "..." : text);
}
