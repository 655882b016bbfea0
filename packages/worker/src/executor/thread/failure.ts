import { ValueEncoder, type CodecExtension, type FailureKind, type FailureRecord } from "@heddle/protocol/values";
import { types } from "node:util";
import {
  FinalFailure,
  InputMutatedError,
  NativeAddonError,
  RescheduleRequest,
  ThrownValueError,
} from "../../task/errors.js";
import { cutOwnFrames } from "./user-stack.js";

/** Where in a run something was thrown. */
export type FailureStage = "definition" | "inputs" | "body" | "result";

const KINDS: Readonly<Record<FailureStage, FailureKind>> = {
  definition: "definition",
  inputs: "inputs",
  body: "error",
  result: "unencodable",
};

type Failure = FailureRecord & { readonly reschedule?: true; readonly isFinal?: true };

/** Turns what was thrown into bytes. Never throws: an error that cannot travel whole travels in part. */
export class ErrorEncoder {
  readonly #encoder: ValueEncoder;

  /**
   * @param mapStack - makes the positions in an error's stack those of its author's source
   * @param classesOf - plain data by which the client finds the class of an error, and of its causes
   */
  constructor(
    extensions: readonly CodecExtension[],
    private readonly mapStack: (error: Error) => void,
    private readonly classesOf: (error: Error) => readonly unknown[] | undefined,
  ) {
    // One run of bytes: failures pass through the scheduler and are not shared between threads.
    this.#encoder = new ValueEncoder({ extensions, outOfBandBytes: Infinity });
  }

  failure(stage: FailureStage, thrown: unknown): Failure {
    // Reading what was thrown may throw in its turn: a proxy, a getter.
    return (
      safely(() => this.#failure(stage, thrown), undefined) ?? this.#failure(stage, new ThrownValueError(undefined))
    );
  }

  #failure(stage: FailureStage, thrown: unknown): Failure {
    if (thrown instanceof RescheduleRequest) return { kind: "error", message: thrown.message, reschedule: true };
    if (thrown instanceof FinalFailure) {
      const failure = this.#failure(stage, thrown.cause);
      const { facts } = thrown;
      return { ...failure, isFinal: true, ...(facts === undefined ? {} : { data: { ...facts, ...failure.data } }) };
    }
    const error = asError(thrown);
    return {
      kind: error instanceof InputMutatedError ? "inputs" : KINDS[stage],
      message: `${error.name}: ${error.message}`,
      error: this.encode(error),
      ...this.#data(error),
    };
  }

  #data(error: Error): Pick<FailureRecord, "data"> {
    if (error instanceof InputMutatedError) return { data: { input: error.input } };
    const classes = safely(() => this.classesOf(error), undefined);
    return classes === undefined ? {} : { data: { classes } };
  }

  /** What was thrown, as an error. */
  encodeThrown(thrown: unknown): Uint8Array {
    return this.encode(asError(thrown));
  }

  encode(error: Error): Uint8Array {
    safely(() => cutOwnFrames(error), undefined);
    safely(() => this.mapStack(error), undefined);
    try {
      return this.#encoder.encode(error).head;
    } catch {
      return this.#encoder.encode(travellingPart(error, (value) => this.#canEncode(value))).head;
    }
  }

  #canEncode(value: unknown): boolean {
    try {
      this.#encoder.encode(value);
      return true;
    } catch {
      return false;
    }
  }
}

function asError(thrown: unknown): Error {
  if (safely(() => isAddonRefusal(thrown), false)) return new NativeAddonError({ cause: thrown });
  return types.isNativeError(thrown) || thrown instanceof Error ? thrown : new ThrownValueError(thrown);
}

function isAddonRefusal(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException).code === "ERR_DLOPEN_FAILED" && /self-register/.test(String(thrown));
}

/** Causes of causes that are kept. */
const MOST_CAUSES = 10;

/** Name, message and stack, the cause, and those own fields that can travel: an error of the standard class it is based on. */
function travellingPart(error: Error, canEncode: (value: unknown) => boolean, depth = 0): Error {
  const Standard = STANDARD.find((type) => error instanceof type) ?? Error;
  const part = new Standard(safely(() => String(error.message), ""));
  const name = safely(() => String(error.name), "Error");
  Object.defineProperty(part, "name", { value: name, configurable: true, writable: true, enumerable: false });
  part.stack = safely(() => String(error.stack), part.stack ?? "");
  const cause = safely(() => error.cause, undefined);
  if (cause !== undefined) {
    const value = canEncode(cause)
      ? cause
      : cause instanceof Error && depth < MOST_CAUSES
        ? travellingPart(cause, canEncode, depth + 1)
        : undefined;
    Object.defineProperty(part, "cause", { value, configurable: true, writable: true, enumerable: false });
  }
  for (const field of Object.keys(error)) {
    const value = safely(() => (error as unknown as Record<string, unknown>)[field], undefined);
    if (canEncode(value)) Object.assign(part, { [field]: value });
  }
  return part;
}

const STANDARD = [TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError] as const;

function safely<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
