import type { CodecExtension } from "@heddle/protocol";
import type { AnyFunction } from "../any-function.js";
import { capture, type Captured } from "../capture/capture.js";
import type { Reviver } from "../revive/reviver.js";
import { revived } from "./revived.js";

export interface TravellingValueOptions {
  /** Told of each function and class that an encoded value holds: its definitions must be where the value is decoded. */
  readonly onCaptured: (captured: Captured) => void;
  /**
   * Revives them on the decoding side. Decoding does not wait, so whatever imports modules has to be prepared first:
   * `await reviver.prepare(tokens)`.
   */
  readonly reviver: Pick<Reviver, "revive">;
}

/** Lets values hold functions and classes: as arguments of tasks, and in their results. */
export function functionExtension({ onCaptured, reviver }: TravellingValueOptions): CodecExtension {
  return {
    id: 0,
    claims: (value) => typeof value === "function",
    encode: (value, writer) => {
      const captured = capture(value as AnyFunction);
      onCaptured(captured);
      writer.string(captured.token);
    },
    decode: (reader) => revived(reviver, reader.string()),
  };
}
