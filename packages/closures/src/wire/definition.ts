import { hash as digest } from "node:crypto";
import { DefinitionCorruptError } from "../errors.js";
import { deflateText, inflateText } from "./deflated.js";

/** What travels for one function, piece by piece: bodies, source texts and local files, each sent to a worker once. */
export interface Definition {
  /** sha256 of `bytes`, in hex. Whoever receives a definition computes it again. */
  readonly hash: string;
  readonly bytes: Uint8Array;
  /** Hashes of the definitions that must be at the worker before this one is revived. */
  readonly needs: readonly string[];
}

/**
 * A definition's bytes have two parts. The head (with its buffers) is what the thing *is*; its sha256 is the identity by
 * which other definitions refer to it. The origin is where it *came from*: file, line, source map. So the same function has the same
 * token wherever it stands in its file and on whatever machine, and stack traces still tell the user's own lines.
 *
 * Layout: head length and buffers length as u32 little-endian, head (JSON), buffers, origin (JSON, may be empty). Source texts, which
 * are what has an origin, are packed once and sent to many, so they travel deflated: four zero bytes (no head is empty), then the
 * deflated layout. Identities are over what was deflated: another zlib may pack the same text differently.
 */
export interface PackedDefinition extends Definition {
  readonly identity: string;
}

export interface UnpackedDefinition {
  readonly hash: string;
  readonly identity: string;
  readonly head: unknown;
  readonly origin: unknown;
  readonly buffers: Uint8Array;
}

const PREFIX = 8;
/** In place of the length of a head. */
const DEFLATED = Buffer.alloc(4);

function sha256(data: string | Uint8Array): string {
  return digest("sha256", data, "hex");
}

export function packDefinition(
  head: object,
  buffers: readonly Uint8Array[],
  origin: object | undefined,
  needs: readonly string[],
): PackedDefinition {
  const headText = JSON.stringify(head);
  const originText = origin === undefined ? "" : JSON.stringify(origin);
  const headLength = Buffer.byteLength(headText);
  let buffersLength = 0;
  for (const buffer of buffers) buffersLength += buffer.byteLength;
  const identityEnd = PREFIX + headLength + buffersLength;
  const bytes = Buffer.allocUnsafeSlow(identityEnd + Buffer.byteLength(originText));
  bytes.writeUInt32LE(headLength, 0);
  bytes.writeUInt32LE(buffersLength, 4);
  bytes.write(headText, PREFIX);
  let at = PREFIX + headLength;
  for (const buffer of buffers) {
    bytes.set(buffer, at);
    at += buffer.byteLength;
  }
  const identity = sha256(bytes.subarray(0, identityEnd));
  if (originText === "") return { hash: identity, identity, bytes, needs };
  bytes.write(originText, identityEnd);
  const deflated = deflateText(bytes, DEFLATED);
  return { hash: sha256(deflated), identity, bytes: deflated, needs };
}

/** @throws DefinitionCorruptError when the bytes do not have the hash, or are cut short */
export function unpackDefinition(hash: string, bytes: Uint8Array): UnpackedDefinition {
  if (sha256(bytes) !== hash) throw new DefinitionCorruptError(hash, "its bytes do not have its hash");
  const view = laidOut(hash, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (view.length < PREFIX) throw new DefinitionCorruptError(hash, "it is cut short");
  const headEnd = PREFIX + view.readUInt32LE(0);
  const identityEnd = headEnd + view.readUInt32LE(4);
  if (identityEnd > view.length) throw new DefinitionCorruptError(hash, "it is cut short");
  try {
    const originText = view.toString("utf8", identityEnd);
    return {
      hash,
      identity: identityEnd === view.length ? hash : sha256(view.subarray(0, identityEnd)),
      head: JSON.parse(view.toString("utf8", PREFIX, headEnd)) as unknown,
      origin: originText === "" ? undefined : (JSON.parse(originText) as unknown),
      buffers: view.subarray(headEnd, identityEnd),
    };
  } catch {
    throw new DefinitionCorruptError(hash, "it is not JSON where it should be");
  }
}

function laidOut(hash: string, bytes: Buffer): Buffer {
  if (!bytes.subarray(0, DEFLATED.length).equals(DEFLATED)) return bytes;
  try {
    return inflateText(bytes.subarray(DEFLATED.length));
  } catch {
    throw new DefinitionCorruptError(hash, "it cannot be inflated");
  }
}
