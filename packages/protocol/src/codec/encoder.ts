import type { ByteSink } from "./byte-sink.js";
import { NO_BUFFERS, type EncodedValue } from "./encoded-value.js";
import { extensionsById, type CodecExtension } from "./extension.js";
import { GraphWriter, type WriterOptions } from "./graph-writer.js";

export interface ValueEncoderOptions {
  readonly extensions?: readonly CodecExtension[];
  /** Buffers from this size on go out of band, uncopied. In bytes, 65536 by default. */
  readonly outOfBandBytes?: number;
  /** Dependency index of a future-like object (an object of no builtin prototype), or -1 if it isn't one. */
  readonly dependencyOf?: (value: object) => number;
}

const OUT_OF_BAND_BYTES = 64 * 1024;

/**
 * Turns values into bytes.
 *
 * @remarks
 * Keeps what `structuredClone` keeps, and more: `lastIndex`, own fields of errors, `__proto__` as an own name, names on arrays,
 * URL, registered symbols. Like `structuredClone` it takes own enumerable string-named properties, reads getters, and leaves out
 * symbol-named properties. Unlike it, a class instance is an error rather than a plain object, unless an extension claims it.
 *
 * Views travel without the parts of their buffer that no view of the value covers.
 *
 * Encoding may be nested: an extension, or a getter of the value, may use the encoder that is at work.
 */
export class ValueEncoder {
  private readonly options: WriterOptions;
  /** Not at work; null while it is. */
  private idle: GraphWriter | null;
  private buffers: readonly Uint8Array[] = NO_BUFFERS;

  /** @throws RangeError for extension ids that clash or are not 0..63. */
  constructor(options: ValueEncoderOptions = {}) {
    const { extensions = [], outOfBandBytes = OUT_OF_BAND_BYTES, dependencyOf } = options;
    extensionsById(extensions);
    this.options = { extensions, outOfBandBytes, dependencyOf };
    this.idle = new GraphWriter(this.options);
  }

  /**
   * Encodes one value. The head is an own copy.
   *
   * @throws CodecError with the path of what cannot be encoded.
   */
  encode(value: unknown): EncodedValue {
    const writer = this.idle ?? new GraphWriter(this.options);
    this.idle = null;
    try {
      return writer.encode(value);
    } finally {
      this.idle = writer;
    }
  }

  /**
   * Appends the head to `sink` and returns its length in bytes. The big buffers of this value are in
   * {@link ValueEncoder.takeBuffers} until the next value. If it throws, the sink is as it was.
   *
   * @throws CodecError with the path of what cannot be encoded.
   */
  append(value: unknown, sink: ByteSink): number {
    const writer = this.idle ?? new GraphWriter(this.options);
    this.idle = null;
    try {
      const length = writer.write(value, sink);
      this.buffers = writer.takeBuffers();
      return length;
    } finally {
      this.idle = writer;
    }
  }

  /** The out-of-band buffers of the value appended last, once. */
  takeBuffers(): readonly Uint8Array[] {
    const buffers = this.buffers;
    this.buffers = NO_BUFFERS;
    return buffers;
  }
}
