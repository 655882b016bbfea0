/** How values become bytes in a store. */

/** Plain JSON: a name, or a compression around another. */
export type SerializerDescription = string | CompressedDescription;

export interface CompressedDescription {
  readonly compressed: SerializerDescription;
  readonly method: CompressionMethod;
}

export type CompressionMethod = "gzip" | "zstd";

/** Values to bytes and back. A name of its own says in each stored blob who can read it. */
export interface Serializer {
  /** "structured", "json", or a name given to `registerSerializer`. Letters, digits and `._-`. */
  readonly name: string;
  encode(value: unknown): Uint8Array | Promise<Uint8Array>;
  /** The bytes are the caller's own: views on them may be kept. */
  decode(bytes: Uint8Array): unknown;
}
