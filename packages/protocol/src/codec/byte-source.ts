import { malformed } from "./errors.js";

const EMPTY = Buffer.alloc(0);
/** Up to here a loop beats a call into Node's C++. */
const COPY_LOOP_MAX = 32;
const words = new Uint32Array(2);
const double = new Float64Array(words.buffer);

/**
 * Bytes being read.
 *
 * @remarks
 * Reading a byte past the end gives `undefined`, which counts as 0 here and is no tag, so that reading goes on for at most one
 * item; {@link ByteSource.finish} finds out. So no read has to check bounds, except before something is allocated by a length:
 * {@link ByteSource.count}.
 */
export class ByteSource {
  data: Buffer = EMPTY;
  pos = 0;

  start(bytes: Uint8Array, offset: number): void {
    this.data = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.pos = offset;
  }

  finish(): void {
    if (this.pos > this.data.length) throw malformed("the bytes end in the middle of it");
  }

  release(): void {
    this.data = EMPTY;
  }

  byte(): number {
    return this.data[this.pos++]!;
  }

  int16(): number {
    const at = this.pos;
    this.pos = at + 2;
    return this.data[at]! | ((this.data[at + 1]! << 24) >> 16);
  }

  int32(): number {
    const at = this.pos;
    const data = this.data;
    this.pos = at + 4;
    return data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
  }

  float64(): number {
    words[0] = this.int32();
    words[1] = this.int32();
    return double[0]!;
  }

  /** A non-negative safe integer. */
  varint(): number {
    const first = this.data[this.pos++]!;
    if (first < 128) return first;
    let value = first & 127;
    let scale = 128;
    for (let i = 1; i < 8; i++) {
      const byte = this.data[this.pos++]!;
      value += (byte & 127) * scale;
      if (!(byte & 128)) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    throw malformed("a length is out of range");
  }

  /** Makes sure that there are `n` more bytes. */
  expect(n: number): void {
    if (n > this.data.length - this.pos) throw malformed("a length exceeds the bytes there are");
  }

  /** Fills `target` with the next bytes, which have to be there. */
  copyTo(target: Uint8Array): void {
    const { data, pos } = this;
    const n = target.length;
    this.pos = pos + n;
    if (n > COPY_LOOP_MAX) data.copy(target, 0, pos, pos + n);
    else for (let i = 0; i < n; i++) target[i] = data[pos + i]!;
  }

  /** A count of things that take at least `size` bytes each in what follows. */
  count(size: number): number {
    const n = this.varint();
    this.expect(n * size);
    return n;
  }
}
