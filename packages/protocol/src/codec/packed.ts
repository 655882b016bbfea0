import type { ByteSource } from "./byte-source.js";
import { malformed } from "./errors.js";
import type { GraphReader } from "./graph-reader.js";
import type { GraphWriter } from "./graph-writer.js";
import { reserve } from "./reserve.js";
import { Packed, Tag } from "./tags.js";

/** Shorter arrays gain nothing. */
const MIN_LENGTH = 8;

const ARRAYS = [Int8Array, Int16Array, Int32Array, Float64Array] as const;
const WIDTHS = [1, 2, 4, 8] as const;

/** Elements are moved between arrays and bytes in blocks through this, so that nothing is allocated. */
const BLOCK_BYTES = 8192;
const block = new ArrayBuffer(BLOCK_BYTES);
const blockBytes = new Uint8Array(block);
const blocks = [new Int8Array(block), new Int16Array(block), new Int32Array(block), new Float64Array(block)] as const;

export function isWorthPacking(length: number): boolean {
  return length >= MIN_LENGTH;
}

function packedKind(array: readonly number[]): number {
  // The bits in which some element differs from its sign.
  let bits = 0;
  for (let i = 0; i < array.length; i++) {
    const x = array[i]!;
    const integer = x | 0;
    if (integer !== x || (x === 0 && 1 / x < 0)) return Packed.Float64;
    bits |= integer ^ (integer >> 31);
  }
  if (bits < 0x80) return Packed.Int8;
  return bits < 0x8000 ? Packed.Int16 : Packed.Int32;
}

export function writePacked(writer: GraphWriter, array: readonly number[]): void {
  const kind = packedKind(array);
  const n = array.length;
  const byteLength = n * WIDTHS[kind]!;
  if (byteLength >= writer.options.outOfBandBytes) {
    const packed = new ARRAYS[kind]!(n);
    for (let i = 0; i < n; i++) packed[i] = array[i]!;
    writer.tag(Tag.PackedBuffer);
    writer.varint(kind);
    writer.varint(n);
    writer.putOutOfBand(new Uint8Array(packed.buffer));
    return;
  }
  writer.tag(Tag.PackedArray);
  writer.varint(kind);
  writer.varint(n);
  writer.sink.ensure(byteLength);
  const width = WIDTHS[kind]!;
  const perBlock = BLOCK_BYTES / width;
  const numbers = blocks[kind]!;
  for (let at = 0; at < n; at += perBlock) {
    const m = Math.min(perBlock, n - at);
    for (let i = 0; i < m; i++) numbers[i] = array[at + i]!;
    writer.sink.append(blockBytes, 0, m * width);
  }
}

/** Reads what follows {@link Tag.PackedArray}. */
export function readPackedArray(source: ByteSource): number[] {
  const kind = source.byte();
  const width = WIDTHS[kind];
  if (width === undefined) throw malformed("an unknown kind of number array");
  const n = source.count(width);
  const array = reserve<number>(n);
  const perBlock = BLOCK_BYTES / width;
  const numbers = blocks[kind]!;
  for (let at = 0; at < n; at += perBlock) {
    const m = Math.min(perBlock, n - at);
    source.data.copy(blockBytes, 0, source.pos, source.pos + m * width);
    source.pos += m * width;
    for (let i = 0; i < m; i++) array[at + i] = numbers[i]!;
  }
  return array;
}

/** Reads what follows {@link Tag.PackedBuffer}. */
export function readPackedBuffer(reader: GraphReader): number[] {
  const type = ARRAYS[reader.byte()];
  if (type === undefined) throw malformed("an unknown kind of number array");
  const n = reader.varint();
  const bytes = reader.takeBuffer(n * type.BYTES_PER_ELEMENT);
  const isAligned = bytes.byteOffset % type.BYTES_PER_ELEMENT === 0;
  const numbers = isAligned
    ? new type(bytes.buffer as ArrayBuffer, bytes.byteOffset, n)
    : new type(new Uint8Array(bytes).buffer);
  const array = reserve<number>(n);
  for (let i = 0; i < n; i++) array[i] = numbers[i]!;
  return array;
}
