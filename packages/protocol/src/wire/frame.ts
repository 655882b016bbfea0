/**
 * A frame is everything one peer has to say to another in one turn of its event loop: a header with the messages, then their
 * columns as raw sections, so that a column is written by one copy and read by none.
 *
 *     u32 magic · u32 header bytes · u32 section count · u32 0
 *     header: msgpack [messages, columns]; a message is its fields' names, in one string, then their values;
 *     columns is flat: message index, field index, element type, element count, ...
 *     sections, in the order of `columns`, each beginning at a multiple of 8
 */
import { Packr, Unpackr } from "msgpackr";
import { HeddleError, registerError } from "../errors.js";

/** Any message: plain data with an `op`. Top-level typed arrays travel as sections, everything else in the header. */
export interface WireMessage {
  readonly op: string;
}

/** Bytes that are not a frame of this protocol. The connection they came from cannot be trusted any further. */
export class FrameError extends HeddleError {
  constructor(reason: string) {
    super("HEDDLE_FRAME_MALFORMED", `received bytes that are not a Heddle frame: ${reason}`);
  }
}
registerError(FrameError);

const MAGIC = 0x314c4448; // "HDL1", little-endian
const PREAMBLE = 16;

type ColumnArray = Uint8Array | Int32Array | Float64Array;
const Element = { bytes: 0, int32: 1, float64: 2 } as const;

const packr = new Packr({ useRecords: false, encodeUndefinedAsNil: false });
const unpackr = new Unpackr({ useRecords: false, int64AsType: "number" });

function elementOf(value: unknown): 0 | 1 | 2 | -1 {
  if (!ArrayBuffer.isView(value)) return -1;
  if (value instanceof Uint8Array) return Element.bytes;
  if (value instanceof Int32Array) return Element.int32;
  if (value instanceof Float64Array) return Element.float64;
  throw new TypeError(`a message column cannot be a ${value.constructor.name}`);
}

const align = (offset: number): number => (offset + 7) & ~7;

/**
 * The bytes of a frame.
 *
 * @throws TypeError for a column of another type than Uint8Array, Int32Array or Float64Array: a mistake of the caller.
 */
export function encodeFrame(messages: readonly WireMessage[]): Buffer {
  const headers: unknown[][] = [];
  const columns: number[] = [];
  const sections: ColumnArray[] = [];
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index] as unknown as Record<string, unknown>;
    let names = "";
    const values: unknown[] = [names];
    for (const field in message) {
      const value = message[field];
      if (value === undefined) continue;
      names += names === "" ? field : `,${field}`;
      const element = typeof value === "object" ? elementOf(value) : -1;
      if (element === -1) {
        values.push(value);
      } else {
        const column = value as ColumnArray;
        columns.push(index, values.length, element, column.length);
        sections.push(column);
        values.push(0);
      }
    }
    values[0] = names;
    headers.push(values);
  }
  const header = packr.pack([headers, columns]);
  let size = align(PREAMBLE + header.length);
  for (const section of sections) size = align(size + section.byteLength);
  // Never from Node's pool: receivers in the same process, and tests, rely on the alignment of the whole.
  const frame = Buffer.allocUnsafeSlow(size);
  frame.writeUInt32LE(MAGIC, 0);
  frame.writeUInt32LE(header.length, 4);
  frame.writeUInt32LE(sections.length, 8);
  frame.writeUInt32LE(0, 12);
  frame.set(header, PREAMBLE);
  let offset = align(PREAMBLE + header.length);
  for (const section of sections) {
    frame.set(new Uint8Array(section.buffer, section.byteOffset, section.byteLength), offset);
    offset = align(offset + section.byteLength);
  }
  return frame;
}

/**
 * The messages of a frame. Their columns are views over `bytes` (over one aligned copy of it when it does not begin at a multiple
 * of 8): a receiver that keeps a column keeps the frame, so it copies what it keeps for long.
 *
 * @throws FrameError when the bytes are not a whole frame. Nothing larger than the frame itself is allocated before that is known.
 */
export function decodeFrame(bytes: Uint8Array): WireMessage[] {
  if (bytes.byteLength < PREAMBLE) throw new FrameError(`${bytes.byteLength} bytes are too few`);
  const whole = bytes.byteOffset % 8 === 0 ? bytes : alignedCopy(bytes);
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new FrameError("it does not begin with HDL1");
  const headerLength = view.getUint32(4, true);
  const sectionCount = view.getUint32(8, true);
  if (PREAMBLE + headerLength > whole.byteLength) throw new FrameError("its header is cut off");
  const [messages, columns] = unpackHeader(whole.subarray(PREAMBLE, PREAMBLE + headerLength));
  if (columns.length !== sectionCount * 4) throw new FrameError("its columns are not as many as it says");

  let offset = align(PREAMBLE + headerLength);
  for (let at = 0; at < columns.length; at += 4) {
    const values = messages[columns[at]!];
    const field = columns[at + 1]!;
    const element = columns[at + 2]!;
    const count = columns[at + 3]!;
    if (values === undefined || !(field > 0 && field < values.length))
      throw new FrameError("a column belongs to no message");
    if (!(count >= 0)) throw new FrameError("a column has no length");
    const width = element === Element.bytes ? 1 : element === Element.int32 ? 4 : element === Element.float64 ? 8 : 0;
    if (width === 0) throw new FrameError("a column is of unknown type");
    if (offset + count * width > whole.byteLength) throw new FrameError("a column is cut off");
    const start = whole.byteOffset + offset;
    values[field] =
      element === Element.bytes
        ? new Uint8Array(whole.buffer, start, count)
        : element === Element.int32
          ? new Int32Array(whole.buffer, start, count)
          : new Float64Array(whole.buffer, start, count);
    offset = align(offset + count * width);
  }
  return messages.map(assemble);
}

/** Lists of field names that have been seen: messages of one kind have the same. */
const shapes = new Map<string, readonly string[]>();
/** More than there are kinds of messages; what else is sent is not worth remembering. */
const MOST_SHAPES = 256;

function assemble(values: readonly unknown[]): WireMessage {
  const names = values[0];
  if (typeof names !== "string") throw new FrameError("a message does not name its fields");
  let fields = shapes.get(names);
  if (fields === undefined) {
    fields = names.split(",");
    if (fields.includes("__proto__")) throw new FrameError("a message names a field that cannot be");
    if (shapes.size < MOST_SHAPES) shapes.set(names, fields);
  }
  if (fields.length !== values.length - 1) throw new FrameError("a message has other fields than it names");
  const message: Record<string, unknown> = {};
  for (let at = 0; at < fields.length; at++) message[fields[at]!] = values[at + 1];
  if (typeof message["op"] !== "string") throw new FrameError("a message has no op");
  return message as unknown as WireMessage;
}

function unpackHeader(bytes: Uint8Array): [unknown[][], readonly number[]] {
  let header: unknown;
  try {
    header = unpackr.unpack(bytes);
  } catch (error) {
    throw new FrameError(`its header cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
  if (!Array.isArray(header) || header.length !== 2)
    throw new FrameError("its header is not a list of messages and columns");
  const [messages, columns] = header as unknown[];
  if (!Array.isArray(messages) || !Array.isArray(columns))
    throw new FrameError("its header is not a list of messages and columns");
  for (const message of messages as unknown[])
    if (!Array.isArray(message)) throw new FrameError("a message is not a list");
  for (const number of columns as unknown[])
    if (!Number.isInteger(number)) throw new FrameError("a column is not described by numbers");
  return [messages as unknown[][], columns as number[]];
}

function alignedCopy(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new ArrayBuffer(bytes.byteLength));
  copy.set(bytes);
  return copy;
}
