/** Serializers by what names them. */
import { UnknownSerializerError } from "../errors.js";
import { compressing } from "./compressed.js";
import { json } from "./json.js";
import type { Serializer, SerializerDescription } from "./serializer.js";
import { structured } from "./structured.js";

const serializers = new Map<string, Serializer>([
  [structured.name, structured],
  [json.name, json],
]);

/**
 * Teaches this process a serializer. Each process that writes or reads such results needs it: call it in a module that tasks import.
 * Registering a name again replaces what it named.
 *
 * @throws UnknownSerializerError for a name that is one of the library's own, or no name
 */
export function registerSerializer(serializer: Serializer): void {
  const { name } = serializer;
  if (!/^[\w.-]{1,100}$/.test(name))
    throw new UnknownSerializerError(String(name), "a name is of letters, digits and ._-");
  if (name === structured.name || name === json.name)
    throw new UnknownSerializerError(name, "the name is that of one of the library's own");
  serializers.set(name, serializer);
}

/** @throws UnknownSerializerError, CompressionUnavailableError */
export function openSerializer(description: SerializerDescription): Serializer {
  if (typeof description === "string") {
    const serializer = serializers.get(description);
    if (serializer === undefined) throw new UnknownSerializerError(description);
    return serializer;
  }
  const { compressed: inner, method } = description;
  if (method !== "gzip" && method !== "zstd")
    throw new UnknownSerializerError(String(method), "the methods of compression are gzip and zstd");
  if (typeof inner !== "string" && typeof inner.compressed !== "string")
    throw new UnknownSerializerError("compressed", "it is compressed over and over");
  return compressing(openSerializer(inner), method);
}
