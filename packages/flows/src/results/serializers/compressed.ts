import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { CompressionUnavailableError } from "../errors.js";
import type { CompressedDescription, CompressionMethod, Serializer, SerializerDescription } from "./serializer.js";

type Squeeze = (bytes: Uint8Array) => Promise<Uint8Array>;

interface Codec {
  readonly compress: Squeeze;
  readonly expand: Squeeze;
}

/**
 * Results of another serializer, compressed.
 *
 * @param inner - what is compressed. Default: structured
 * @param method - "gzip" everywhere; "zstd", faster and smaller, on Node 22.15 and later
 * @example
 * ```ts
 * task(load, { persistResult: true, resultSerializer: compressed("json", "gzip") });
 * ```
 */
export function compressed(
  inner: SerializerDescription = "structured",
  method: CompressionMethod = "gzip",
): CompressedDescription {
  return Object.freeze({ compressed: inner, method });
}

/** @throws CompressionUnavailableError where Node lacks the method */
export function compressing(inner: Serializer, method: CompressionMethod): Serializer {
  const codec = codecOf(method);
  return {
    name: `${inner.name}+${method}`,
    async encode(value) {
      return codec.compress(await inner.encode(value));
    },
    async decode(bytes) {
      return await inner.decode(await codec.expand(bytes));
    },
  };
}

/** The types of Node 20 know nothing of zstd, which later versions have. */
type Callback = (bytes: Uint8Array, done: (error: Error | null, result: Buffer) => void) => void;
const later = zlib as typeof zlib & { readonly zstdCompress?: Callback; readonly zstdDecompress?: Callback };

function codecOf(method: CompressionMethod): Codec {
  if (method === "gzip")
    return { compress: promisify<Uint8Array, Uint8Array>(zlib.gzip), expand: promisify(zlib.gunzip) };
  const { zstdCompress, zstdDecompress } = later;
  if (zstdCompress === undefined || zstdDecompress === undefined) throw new CompressionUnavailableError(method);
  return { compress: promisify(zstdCompress), expand: promisify(zstdDecompress) };
}
