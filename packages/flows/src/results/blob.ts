/**
 * A result as it lies in a store. It says itself how it is read, so that results outlive the options they were written under.
 *
 * Layout, little-endian: magic (4 bytes), version u8, three zeros, length of the whole u64, CRC-32 of all that follows it u32, length of
 * the header u32, the header (JSON, padded with spaces to a multiple of 8), the payload.
 */
import { crc32 } from "node:zlib";
import { CorruptResultError } from "./errors.js";
import type { SerializerDescription } from "./serializers/serializer.js";

export interface BlobHeader {
  readonly kind: "value" | "error";
  readonly serializer: SerializerDescription;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** Milliseconds since the epoch; absent: never. */
  readonly expires?: number;
  /** For people who look into the store. */
  readonly about?: Readonly<Record<string, string | number>>;
}

export interface Blob {
  readonly header: BlobHeader;
  readonly payload: Uint8Array;
}

/** The first byte is no text, so what was mangled as text is seen at once. */
const MAGIC = Buffer.from([0x89, 0x48, 0x44, 0x52]);
const VERSION = 1;
const CHECKSUM = 16;
const HEADER = 24;

export function writeBlob(header: BlobHeader, payload: Uint8Array): Uint8Array {
  const text = Buffer.from(JSON.stringify(header));
  const start = HEADER + Math.ceil(text.byteLength / 8) * 8;
  // Not from a pool: a store may keep or hand on the memory.
  const bytes = Buffer.allocUnsafeSlow(start + payload.byteLength);
  bytes.fill(0, 0, HEADER).fill(0x20, HEADER, start);
  bytes.set(MAGIC);
  bytes.writeUInt8(VERSION, MAGIC.length);
  bytes.writeBigUInt64LE(BigInt(bytes.byteLength), 8);
  bytes.writeUInt32LE(start - HEADER, CHECKSUM + 4);
  bytes.set(text, HEADER);
  bytes.set(payload, start);
  bytes.writeUInt32LE(crc32(bytes.subarray(CHECKSUM + 4)), CHECKSUM);
  return bytes;
}

/**
 * What the beginning of a file says of itself, if it is that of a result; the rest need not be there, nor be whole.
 *
 * @returns `start`: how long a beginning has the whole header; `flowRun`: whose result it is, as far as that can be read
 */
export function peekBlob(bytes: Uint8Array): { readonly start: number; readonly flowRun?: string } | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < HEADER || !view.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const start = HEADER + view.readUInt32LE(CHECKSUM + 4);
  try {
    const { about } = JSON.parse(view.toString("utf8", HEADER, start)) as Partial<BlobHeader>;
    const flowRun = about?.["flowRun"];
    return typeof flowRun === "string" ? { start, flowRun } : { start };
  } catch {
    return { start };
  }
}

/**
 * @param key - what it was found under, and
 * @param store - where, for the error
 * @throws CorruptResultError for anything that `writeBlob` did not make, or not as it is now
 */
export function readBlob(key: string, store: string, bytes: Uint8Array): Blob {
  const refuse = (problem: string, cause?: unknown): CorruptResultError =>
    new CorruptResultError(key, store, problem, { cause });
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < HEADER || !view.subarray(0, MAGIC.length).equals(MAGIC))
    throw refuse(view.length === 0 ? "it is empty" : "it does not begin as a result of Heddle does");
  const version = view.readUInt8(MAGIC.length);
  if (version !== VERSION)
    throw refuse(`it is of version ${version}, and this is a Heddle that knows version ${VERSION} only`);
  const length = Number(view.readBigUInt64LE(8));
  if (length > view.length) throw refuse(`it is cut short: ${view.length} of ${length} bytes`);
  if (length < view.length) throw refuse(`something follows it: ${view.length - length} bytes`);
  if (crc32(view.subarray(CHECKSUM + 4)) !== view.readUInt32LE(CHECKSUM)) throw refuse("its checksum is wrong");
  const start = HEADER + view.readUInt32LE(CHECKSUM + 4);
  if (start > length) throw refuse("its header is longer than it is");
  try {
    const header = JSON.parse(view.toString("utf8", HEADER, start)) as BlobHeader;
    return { header, payload: bytes.subarray(start) };
  } catch (error) {
    throw refuse("its header is not JSON", error);
  }
}
