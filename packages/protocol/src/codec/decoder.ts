import { NO_BUFFERS } from "./encoded-value.js";
import { extensionsById, type CodecExtension } from "./extension.js";
import { GraphReader } from "./graph-reader.js";

export interface ValueDecoderOptions {
  /** The same ids as on the encoding side; the order does not matter here. */
  readonly extensions?: readonly CodecExtension[];
}

/**
 * Turns bytes back into values.
 *
 * @remarks
 * Objects are new with each call. Views on small buffers are private copies; views on out-of-band buffers are views on the very
 * buffers given, or on a copy where these are not aligned as the view's elements need.
 *
 * Decoding may be nested: an extension, or `dependencies`, may use the decoder that is at work.
 */
export class ValueDecoder {
  private readonly extensions: readonly (CodecExtension | undefined)[];
  /** Not at work; null while it is. */
  private idle: GraphReader | null;

  /** @throws RangeError for extension ids that clash or are not 0..63. */
  constructor(options: ValueDecoderOptions = {}) {
    this.extensions = extensionsById(options.extensions ?? []);
    this.idle = new GraphReader(this.extensions);
  }

  /**
   * Decodes the value whose head starts at `offset` in `head`.
   *
   * @param buffers - the value's out-of-band buffers, in order
   * @param dependencies - gives the value of a dependency, for values encoded with `dependencyOf`
   * @throws CodecError `HEDDLE_CODEC_MALFORMED` if the bytes are not a value. What an extension or `dependencies` throws is passed on.
   */
  decode(
    head: Uint8Array,
    buffers: readonly Uint8Array[] = NO_BUFFERS,
    offset = 0,
    dependencies?: (index: number) => unknown,
  ): unknown {
    const reader = this.idle ?? new GraphReader(this.extensions);
    this.idle = null;
    try {
      return reader.read(head, buffers, offset, dependencies);
    } finally {
      this.idle = reader;
    }
  }
}
