import type { ByteSink } from "./byte-sink.js";
import type { ByteSource } from "./byte-source.js";
import { malformed } from "./errors.js";
import { readShortAscii } from "./short-ascii.js";
import { SHORT_ASCII, SHORT_ASCII_MAX, SMALL_SHAPE, Tag } from "./tags.js";

/** Up to here a loop over the characters beats a call into Node's C++. */
const LOOP_MAX = 16;
/** Up to here room is made for the worst case (3 bytes a code unit) instead of measuring the string. */
const MEASURE_ABOVE = 4096;

/** In ES2024, not yet in the library this is compiled against; Node 20 has it. */
interface WellFormed {
  isWellFormed(): boolean;
}

/** Appends a string item. */
export function writeString(sink: ByteSink, text: string): void {
  const n = text.length;
  if (n > LOOP_MAX) {
    writeLong(sink, text);
    return;
  }
  sink.ensure(2 + 3 * n);
  const bytes = sink.bytes;
  const start = sink.length;
  bytes[start] = SHORT_ASCII + n;
  for (let i = 0; i < n; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) {
      writeShort(sink, text);
      return;
    }
    bytes[start + 1 + i] = code;
  }
  sink.length = start + 1 + n;
}

/** A short string that is not ASCII, for which the sink has room. */
function writeShort(sink: ByteSink, text: string): void {
  const bytes = sink.bytes;
  const start = sink.length + 2;
  let at = start;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) {
      bytes[at++] = code;
    } else if (code < 0x800) {
      bytes[at++] = 0xc0 | (code >> 6);
      bytes[at++] = 0x80 | (code & 0x3f);
    } else if (code >= 0xd800 && code < 0xe000) {
      // Surrogates, in pairs or alone.
      writeLong(sink, text);
      return;
    } else {
      bytes[at++] = 0xe0 | (code >> 12);
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
      bytes[at++] = 0x80 | (code & 0x3f);
    }
  }
  bytes[start - 2] = Tag.Utf8;
  bytes[start - 1] = at - start;
  sink.length = at;
}

function writeLong(sink: ByteSink, text: string): void {
  const n = text.length;
  const most = n <= MEASURE_ABOVE ? n * 3 : Buffer.byteLength(text);
  sink.ensure(most + 6);
  // Written at once behind the header an ASCII string would have: the number of bytes tells whether it was one.
  const start = sink.length;
  const header = n <= SHORT_ASCII_MAX ? 1 : 1 + varintLength(n);
  const written = sink.bytes.write(text, start + header, "utf8");
  if (written === n) {
    if (header === 1) {
      sink.byte(SHORT_ASCII + n);
    } else {
      sink.byte(Tag.Ascii);
      sink.varint(n);
    }
    sink.length = start + header + n;
  } else if ((text as string & WellFormed).isWellFormed()) {
    const moved = 1 + varintLength(written);
    if (moved !== header) sink.bytes.copyWithin(start + moved, start + header, start + header + written);
    sink.byte(Tag.Utf8);
    sink.varint(written);
    sink.length = start + moved + written;
  } else {
    sink.ensure(2 * n + 6);
    sink.byte(Tag.Utf16);
    sink.varint(n);
    sink.bytes.write(text, sink.length, "utf16le");
    sink.length += 2 * n;
  }
}

function varintLength(n: number): number {
  if (n < 0x80) return 1;
  if (n < 0x4000) return 2;
  if (n < 0x20_0000) return 3;
  if (n < 0x1000_0000) return 4;
  return 5;
}

/** Reads an item that has to be a string: a name, a message. */
export function readString(source: ByteSource): string {
  const tag = source.byte();
  if (tag >= SHORT_ASCII && tag < SMALL_SHAPE) return readShortAscii(source, tag - SHORT_ASCII);
  if (tag === Tag.Ascii || tag === Tag.Utf8 || tag === Tag.Utf16) return readLongString(source, tag);
  throw malformed("a string is missing");
}

/** Reads the rest of a string item whose tag byte was `tag`. */
export function readLongString(source: ByteSource, tag: typeof Tag.Ascii | typeof Tag.Utf8 | typeof Tag.Utf16): string {
  const n = source.count(tag === Tag.Utf16 ? 2 : 1);
  const p = source.pos;
  if (tag === Tag.Utf16) {
    source.pos = p + 2 * n;
    return source.data.toString("utf16le", p, source.pos);
  }
  source.pos = p + n;
  return source.data.toString(tag === Tag.Ascii ? "latin1" : "utf8", p, source.pos);
}
