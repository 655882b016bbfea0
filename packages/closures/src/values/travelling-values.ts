/**
 * Functions and instances in values that bring along what they need: arguments, results and scattered data pass through processes
 * that know nothing of them, and are decoded wherever they end up.
 */
import type { CodecExtension, ValueReader, ValueWriter } from "@heddle/protocol/values";
import { DefinitionMissingError } from "../errors.js";
import type { Reviver } from "../revive/reviver.js";
import type { Definition } from "../wire/definition.js";
import { readInstance } from "./instance-parts.js";
import { revived } from "./revived.js";

/** As `capture` gives it. */
export interface CapturedDefinitions {
  readonly token: string;
  readonly definitions: readonly Definition[];
}

/** Makes the extensions that capture: for functions, and for instances. */
export type Capturing = (onCaptured: (captured: CapturedDefinitions) => void) => {
  readonly functions: Pick<CodecExtension, "claims" | "encode">;
  readonly instances: Pick<CodecExtension, "claims" | "encode">;
};

/** A value holds a function or instance, and what captures them has not been loaded: {@link TravellingValues.install} it, and encode again. */
export class CapturingNotLoadedError extends Error {
  constructor() {
    super("what captures functions has not been loaded");
    this.name = "CapturingNotLoadedError";
  }
}

/** Definitions as a value. One object per capture, so that within one value the codec writes it once and refers to it afterwards. */
type Bundle = readonly (readonly [hash: string, bytes: Uint8Array, needs: readonly string[]])[];

const NOTHING: Bundle = [];

/** Ids of the extensions on the wire, the same in every process. */
const FUNCTIONS = 2;
const INSTANCES = 3;

export class TravellingValues {
  /** For encoders and decoders. */
  readonly extensions: readonly CodecExtension[];
  readonly #reviver: () => Reviver;
  readonly #bundles = new WeakMap<CapturedDefinitions, Bundle>();
  #capturing: ReturnType<Capturing> | undefined;
  /** The one whose value is being encoded. */
  #writer: ValueWriter | undefined;
  #collected: CapturedDefinitions[] | undefined;

  /** @param reviver - called when the first function or instance is decoded */
  constructor(reviver: () => Reviver) {
    this.#reviver = reviver;
    this.extensions = [
      {
        id: FUNCTIONS,
        claims: (value) =>
          this.#capturing === undefined ? typeof value === "function" : this.#capturing.functions.claims(value),
        encode: (value, writer) => this.#encode("functions", value, writer),
        decode: (reader) => this.#function(reader),
      },
      {
        id: INSTANCES,
        // Not knowing better, everything asked about may be an instance: encoding it says what is missing.
        claims: (value) => (this.#capturing === undefined ? true : this.#capturing.instances.claims(value)),
        encode: (value, writer) => this.#encode("instances", value, writer),
        decode: (reader) => readInstance(this.#function(reader), reader),
      },
    ];
  }

  /** Before it, functions and instances can be decoded only. */
  install(capturing: Capturing): void {
    this.#capturing = capturing((captured) => this.#writer!.value(this.#bundle(captured)));
  }

  /**
   * From now on values name their functions and classes only, whose definitions have to be where the values are decoded by another
   * way. For one value at a time, and not beyond the present turn.
   *
   * @param collected - gets those that are named; undefined: values bring definitions along again
   */
  collectInto(collected: CapturedDefinitions[] | undefined): void {
    this.#collected = collected;
  }

  /**
   * What to await after decoding failed, before it is tried again: modules that a function in the value imports. Undefined when
   * the error is about something else.
   */
  preparation(error: unknown): Promise<unknown> | undefined {
    if (!(error instanceof DefinitionMissingError)) return undefined;
    try {
      return this.#reviver().prepare([error.hash]);
    } catch {
      return undefined; // It is not here at all.
    }
  }

  #encode(kind: "functions" | "instances", value: object, writer: ValueWriter): void {
    if (this.#capturing === undefined) throw new CapturingNotLoadedError();
    // Parts of an instance may be instances again: the writer is still the same when its own definitions are written.
    this.#writer = writer;
    this.#capturing[kind].encode(value, writer);
  }

  #bundle(captured: CapturedDefinitions): Bundle {
    if (this.#collected !== undefined) {
      if (!this.#collected.includes(captured)) this.#collected.push(captured);
      return NOTHING;
    }
    let bundle = this.#bundles.get(captured);
    if (bundle === undefined)
      this.#bundles.set(
        captured,
        (bundle = captured.definitions.map(({ hash, bytes, needs }) => [hash, bytes, needs])),
      );
    return bundle;
  }

  #function(reader: ValueReader): ReturnType<typeof revived> {
    const reviver = this.#reviver();
    for (const [hash, bytes, needs] of reader.value() as Bundle)
      // A copy: the bytes may be a view on a buffer that is used again.
      if (!reviver.has(hash)) reviver.define(hash, bytes.slice(), needs);
    return revived(reviver, reader.string());
  }
}
