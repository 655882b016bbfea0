import { malformed } from "./errors.js";
import type { GraphReader } from "./graph-reader.js";
import { DATA_VIEW, NODE_BUFFER, VIEW_CLASSES, VIEW_WIDTHS } from "./kinds.js";
import { ExtentBit } from "./tags.js";

/** Bytes that views of the value share: see extents.ts. */
export interface ReadExtent {
  readonly buffer: ArrayBufferLike;
  /** Where in `buffer` the extent starts. */
  readonly start: number;
  readonly length: number;
  readonly isWhole: boolean;
}

/** In ES2024, not yet in the library this is compiled against; Node 20 has it. */
type ResizableConstructor<B> = new (byteLength: number, options?: { maxByteLength: number }) => B;

export function readExtent(reader: GraphReader): ReadExtent {
  const flags = reader.byte();
  const maximum = flags & ExtentBit.Resizable ? reader.varint() : -1;
  const length = reader.varint();
  const place = reader.varint();
  const isWhole = (flags & ExtentBit.Whole) !== 0;
  let extent: ReadExtent;
  if (place === 0) {
    if (length > reader.data.length - reader.pos) throw malformed("a length exceeds the bytes there are");
    const source = reader.data.subarray(reader.pos, reader.pos + length);
    reader.pos += length;
    extent = copied(source, flags, maximum);
  } else {
    const source = reader.buffers[place - 1];
    if (source === undefined || source.byteLength !== length)
      throw malformed("a buffer is missing or has another size");
    extent = usable(source, flags, maximum)
      ? { buffer: source.buffer, start: source.byteOffset, length, isWhole }
      : copied(source, flags, maximum);
  }
  reader.extents.push(extent);
  return extent;
}

/** Whether the extent can be the given bytes themselves. */
function usable(source: Uint8Array, flags: number, maximum: number): boolean {
  if (flags & ExtentBit.Whole) {
    const isShared = source.buffer instanceof SharedArrayBuffer;
    return (
      maximum < 0 && source.byteLength === source.buffer.byteLength && isShared === ((flags & ExtentBit.Shared) !== 0)
    );
  }
  const width = 1 << ((flags >> ExtentBit.WidthShift) & 0b11);
  return (source.byteOffset - (flags & ExtentBit.Position)) % width === 0;
}

/** A private copy, on which views are as aligned as they were. */
function copied(source: Uint8Array, flags: number, maximum: number): ReadExtent {
  const start = flags & ExtentBit.Position;
  const length = source.byteLength;
  const type = (flags & ExtentBit.Shared ? SharedArrayBuffer : ArrayBuffer) as ResizableConstructor<ArrayBufferLike>;
  if (maximum >= 0 && maximum < start + length) throw malformed("a resizable buffer is longer than it can be");
  const buffer = maximum >= 0 ? new type(start + length, { maxByteLength: maximum }) : new type(start + length);
  new Uint8Array(buffer).set(source, start);
  return { buffer, start, length, isWhole: (flags & ExtentBit.Whole) !== 0 };
}

export function readView(kind: number, extent: ReadExtent, offset: number, byteLength: number): ArrayBufferView {
  const type = VIEW_CLASSES[kind];
  if (type === undefined || offset + byteLength > extent.length) throw malformed("a view reaches past its bytes");
  const start = extent.start + offset;
  if (kind === NODE_BUFFER) return Buffer.from(extent.buffer as ArrayBuffer, start, byteLength);
  if (kind === DATA_VIEW) return new DataView(extent.buffer, start, byteLength);
  const elements = byteLength / (1 << VIEW_WIDTHS[kind]!);
  if (!Number.isInteger(elements)) throw malformed("a view ends inside an element");
  return new (type as Uint8ArrayConstructor)(extent.buffer as ArrayBuffer, start, elements);
}

export function readExtentBuffer(extent: ReadExtent): ArrayBufferLike {
  if (!extent.isWhole) throw malformed("a buffer is not whole");
  return extent.buffer;
}
