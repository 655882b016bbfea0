import { encodedBytes, ValueDecoder, ValueEncoder, type EncodedValue } from "@heddle/protocol";
import { CapturingNotLoadedError, Reviver, TravellingValues } from "@heddle/closures/revive";
import type { Serializer } from "./serializer.js";

/**
 * Whatever can be a task's result: what `structuredClone` keeps, typed arrays and buffers in place, functions, instances of classes.
 *
 * @remarks Layout: number of buffers and length of the head, u32; lengths of the buffers, u64; the buffers, each from a multiple of 8
 * bytes on so that views on them need no copy; the head. All little-endian.
 */
class StructuredSerializer implements Serializer {
  readonly name = "structured";
  readonly #travelling = new TravellingValues(() => (this.#reviver ??= new Reviver({ baseDir: process.cwd() })));
  readonly #encoder = new ValueEncoder({ extensions: this.#travelling.extensions });
  readonly #decoder = new ValueDecoder({ extensions: this.#travelling.extensions });
  #reviver: Reviver | undefined;

  /** @throws CodecError, FunctionNotSerializableError with the path of what cannot be kept */
  encode(value: unknown): Uint8Array | Promise<Uint8Array> {
    try {
      return pack(this.#encoder.encode(value));
    } catch (error) {
      if (!(error instanceof CapturingNotLoadedError)) throw error;
      return this.#encodeCapturing(value);
    }
  }

  /** @throws CodecError when the bytes are no value; what modules of functions in it throw */
  decode(bytes: Uint8Array): unknown {
    const { head, buffers } = unpack(bytes);
    try {
      return this.#decoder.decode(head, buffers);
    } catch (error) {
      const preparation = this.#travelling.preparation(error);
      if (preparation === undefined) throw error;
      return preparation.then(() => this.#decoder.decode(head, buffers));
    }
  }

  /** What takes functions apart is large, and most results hold none. */
  async #encodeCapturing(value: unknown): Promise<Uint8Array> {
    const { capturing } = await import("@heddle/closures");
    this.#travelling.install(capturing);
    return pack(this.#encoder.encode(value));
  }
}

export const structured: Serializer = new StructuredSerializer();

function pack(value: EncodedValue): Uint8Array {
  const { head, buffers } = value;
  const start = 8 + 8 * buffers.length;
  const bytes = new Uint8Array(start + encodedBytes(value) + 8 * buffers.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, buffers.length, true);
  view.setUint32(4, head.byteLength, true);
  let at = start;
  for (const [i, buffer] of buffers.entries()) {
    view.setBigUint64(8 + 8 * i, BigInt(buffer.byteLength), true);
    bytes.set(buffer, at);
    at = roundUp(at + buffer.byteLength);
  }
  bytes.set(head, at);
  return bytes.subarray(0, at + head.byteLength);
}

function roundUp(n: number): number {
  return Math.ceil(n / 8) * 8;
}

function unpack(bytes: Uint8Array): EncodedValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  const headLength = view.getUint32(4, true);
  const buffers: Uint8Array[] = [];
  let at = 8 + 8 * count;
  if (at > bytes.byteLength) throw new RangeError("it names more buffers than it can hold");
  for (let i = 0; i < count; i++) {
    const length = Number(view.getBigUint64(8 + 8 * i, true));
    if (length > bytes.byteLength - at) throw new RangeError("a buffer is cut short");
    buffers.push(bytes.subarray(at, at + length));
    at = roundUp(at + length);
  }
  if (at + headLength !== bytes.byteLength) throw new RangeError("its parts do not have its length");
  return { head: bytes.subarray(at), buffers };
}
