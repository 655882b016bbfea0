import { malformed } from "./errors.js";
import type { GraphReader } from "./graph-reader.js";
import { DATA_VIEW, NODE_BUFFER, UINT8_ARRAY, VIEW_CLASSES, VIEW_WIDTHS } from "./kinds.js";
import { ExtentBit } from "./tags.js";

/** Bytes that views of the value share: see extents.ts. */
export interface ReadExtent {
  readonly bytes: Uint8Array;
  /** Nothing else holds the object `bytes`, so it may become part of the value. */
  readonly isOwn: boolean;
  /** The buffer of `bytes` holds nothing else, and may become part of the value. */
  readonly isWhole: boolean;
}

/** In ES2024, not yet in the library this is compiled against; Node 20 has it. */
type ResizableConstructor<B> = new (byteLength: number, options?: { maxByteLength: number }) => B;

export function readExtent(reader: GraphReader): ReadExtent {
  const flags = reader.byte();
  const maximum = flags & ExtentBit.Resizable ? reader.varint() : -1;
  const length = reader.varint();
  const isWhole = (flags & ExtentBit.Whole) !== 0;
  let bytes: Uint8Array;
  let isOwn = true;
  if (reader.isOutOfBand()) {
    bytes = reader.takeBuffer(length);
    if (isUsable(bytes, flags, maximum)) {
      isOwn = false;
    } else {
      const copy = allocate(length, flags, maximum);
      copy.set(bytes);
      bytes = copy;
    }
  } else {
    reader.expect(length);
    bytes = allocate(length, flags, maximum);
    reader.copyTo(bytes);
  }
  const extent = { bytes, isOwn, isWhole };
  reader.extents.push(extent);
  return extent;
}

/** Whether the extent can be the given bytes themselves. */
function isUsable(source: Uint8Array, flags: number, maximum: number): boolean {
  if (flags & ExtentBit.Whole) {
    const isShared = source.buffer instanceof SharedArrayBuffer;
    const wasShared = (flags & ExtentBit.Shared) !== 0;
    return maximum < 0 && source.byteLength === source.buffer.byteLength && isShared === wasShared;
  }
  return (source.byteOffset - (flags & ExtentBit.Position)) % elementSize(flags) === 0;
}

/** Memory on which views are as aligned as they were. */
function allocate(length: number, flags: number, maximum: number): Uint8Array {
  const start = flags & ExtentBit.Position;
  if (flags & ExtentBit.Whole) {
    if (start !== 0 || (maximum >= 0 && maximum < length)) throw malformed("the size of a buffer is inconsistent");
    const type = (flags & ExtentBit.Shared ? SharedArrayBuffer : ArrayBuffer) as ResizableConstructor<ArrayBufferLike>;
    return new Uint8Array(maximum < 0 ? new type(length) : new type(length, { maxByteLength: maximum }), 0, length);
  }
  // For bytes alone V8 needs no buffer while they are few.
  if (elementSize(flags) === 1) return new Uint8Array(length);
  return new Uint8Array(start + length).subarray(start);
}

/** Of the widest element of its views, in bytes. */
function elementSize(flags: number): number {
  return 1 << ((flags >> ExtentBit.WidthShift) & 0b11);
}

/** An extent, and the view on all of it. */
export function readNewView(reader: GraphReader): ArrayBufferView {
  const kind = reader.byte();
  const extent = readExtent(reader);
  if (kind === UINT8_ARRAY && extent.isOwn) return extent.bytes;
  return viewOn(extent, kind, 0, extent.bytes.byteLength);
}

export function readView(reader: GraphReader): ArrayBufferView {
  const kind = reader.byte();
  const extent = extentAt(reader, reader.varint());
  return viewOn(extent, kind, reader.varint(), reader.varint());
}

function viewOn({ bytes }: ReadExtent, kind: number, offset: number, byteLength: number): ArrayBufferView {
  const type = VIEW_CLASSES[kind];
  if (type === undefined) throw malformed("an unknown kind of view");
  if (offset + byteLength > bytes.byteLength) throw malformed("a view reaches past its bytes");
  const start = bytes.byteOffset + offset;
  if (kind === NODE_BUFFER) return Buffer.from(bytes.buffer as ArrayBuffer, start, byteLength);
  if (kind === DATA_VIEW) return new DataView(bytes.buffer, start, byteLength);
  const elements = byteLength / (1 << VIEW_WIDTHS[kind]!);
  if (!Number.isInteger(elements)) throw malformed("a view ends inside an element");
  return new (type as Uint8ArrayConstructor)(bytes.buffer as ArrayBuffer, start, elements);
}

/** The buffer of an extent itself. */
export function readBuffer(reader: GraphReader): ArrayBufferLike {
  const extent = extentAt(reader, reader.varint());
  if (!extent.isWhole) throw malformed("a buffer is not whole");
  return extent.bytes.buffer;
}

function extentAt(reader: GraphReader, index: number): ReadExtent {
  const extent = reader.extents[index];
  if (extent === undefined) throw malformed("it uses bytes that are not there");
  return extent;
}
