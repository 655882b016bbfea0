import { types } from "node:util";
import type { Extent } from "./extents.js";
import type { GraphWriter } from "./graph-writer.js";
import { VIEW_WIDTHS } from "./kinds.js";
import { ExtentBit, Tag } from "./tags.js";
import { detached, notEncodable } from "./unencodable.js";

/** In ES2024, not yet in the library this is compiled against; Node 20 has it. */
interface Resizable {
  readonly resizable?: boolean;
  readonly growable?: boolean;
  readonly maxByteLength?: number;
}

export function writeView(writer: GraphWriter, view: object, kind: number): void {
  if (!ArrayBuffer.isView(view)) throw notEncodable(view);
  const { start, end } = rangeOf(view);
  const extent = writer.extent(view.buffer, start, end, VIEW_WIDTHS[kind]!, false);
  if (extent.index < 0) {
    if (extent.start === start && extent.end === end) {
      writer.tag(Tag.NewView);
      writer.varint(kind);
      writer.newExtent(extent);
      return;
    }
    writer.tag(Tag.Extent);
    writer.newExtent(extent);
  }
  writer.tag(Tag.View);
  writer.varint(kind);
  writer.varint(extent.index);
  writer.varint(start - extent.start);
  writer.varint(view.byteLength);
}

export function writeArrayBuffer(writer: GraphWriter, buffer: object): void {
  if (!types.isAnyArrayBuffer(buffer)) throw notEncodable(buffer);
  const extent = writer.extent(buffer, 0, buffer.byteLength, 0, true);
  if (extent.index < 0) {
    writer.tag(Tag.Extent);
    writer.newExtent(extent);
  }
  writer.tag(Tag.Buffer);
  writer.varint(extent.index);
}

/** Flags, [maximum length], byte length, content. */
export function writeNewExtent(writer: GraphWriter, extent: Extent): void {
  const { buffer, start, end, whole } = extent;
  const length = end - start;
  let flags = (start & ExtentBit.Position) | (extent.width << ExtentBit.WidthShift);
  let maximum = -1;
  if (whole) {
    flags |= ExtentBit.Whole;
    if (types.isSharedArrayBuffer(buffer)) flags |= ExtentBit.Shared;
    const { resizable, growable, maxByteLength } = buffer as Resizable;
    if (resizable === true || growable === true) {
      flags |= ExtentBit.Resizable;
      maximum = maxByteLength!;
    }
  }
  const bytes = bytesOf(buffer, start, length);
  writer.sink.ensure(1);
  writer.sink.byte(flags);
  if (maximum >= 0) writer.varint(maximum);
  writer.varint(length);
  writer.content(bytes);
}

function rangeOf(view: ArrayBufferView): { start: number; end: number } {
  try {
    return { start: view.byteOffset, end: view.byteOffset + view.byteLength };
  } catch {
    // A DataView does not say where it was; others are empty then.
    throw detached();
  }
}

function bytesOf(buffer: ArrayBufferLike, start: number, length: number): Uint8Array {
  try {
    return new Uint8Array(buffer, start, length);
  } catch {
    // The one reason left, as the range comes from the buffer's own views.
    throw detached();
  }
}
