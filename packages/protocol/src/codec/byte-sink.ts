/** Smallest buffer worth allocating off the heap. */
const MIN_CAPACITY = 256;
/** Up to here a loop copies faster than a call. */
const LOOP_MAX = 32;
/** A sink that gave its buffer away starts no bigger than this: one huge batch says nothing about the next. */
const RESTART_CAPACITY = 64 * 1024;

/**
 * A growable column of bytes.
 *
 * @remarks
 * `bytes` is replaced when it grows: read it anew after any call that may write. The single-value writers (`byte`, `int32`, ...)
 * assume the room was made by {@link ByteSink.ensure}, so that one check serves several writes.
 */
export class ByteSink {
  /** The bytes written so far are `bytes[0 .. length)`. */
  bytes: Buffer;
  length = 0;
  private view: DataView;

  /** @param capacity - initial capacity in bytes */
  constructor(capacity = 4096) {
    this.bytes = Buffer.allocUnsafeSlow(Math.max(capacity, MIN_CAPACITY));
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `n` more bytes. */
  ensure(n: number): void {
    if (this.length + n > this.bytes.length) this.grow(n);
  }

  private grow(n: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + n, MIN_CAPACITY));
    this.bytes.copy(bytes, 0, 0, this.length);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  /** Writes one byte. Needs room. */
  byte(value: number): void {
    this.bytes[this.length++] = value;
  }

  /** Writes two bytes. Needs room. */
  int16(value: number): void {
    this.view.setInt16(this.length, value, true);
    this.length += 2;
  }

  /** Writes four bytes. Needs room. */
  int32(value: number): void {
    this.view.setInt32(this.length, value, true);
    this.length += 4;
  }

  /** Writes eight bytes. Needs room. */
  float64(value: number): void {
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Writes a non-negative safe integer in 1 to 8 bytes, making room itself. */
  varint(value: number): void {
    this.ensure(8);
    const bytes = this.bytes;
    let at = this.length;
    let rest = value;
    while (rest > 0x7fffffff) {
      bytes[at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      bytes[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.length = at;
  }

  /** Appends `source[start .. end)`, making room itself. */
  append(source: Uint8Array, start = 0, end = source.length): void {
    const n = end - start;
    this.ensure(n);
    const { bytes, length } = this;
    if (n <= LOOP_MAX) for (let i = 0; i < n; i++) bytes[length + i] = source[start + i]!;
    else bytes.set(start === 0 && end === source.length ? source : source.subarray(start, end), length);
    this.length = length + n;
  }

  /** An own copy of `bytes[start .. length)`, of exactly its size. */
  copy(start = 0): Uint8Array {
    return Uint8Array.prototype.slice.call(this.bytes, start, this.length);
  }

  /** Hands over what was written and starts anew. The bytes returned are never written again. */
  take(): Uint8Array {
    // A buffer at least half full is handed over itself; copying a smaller part is cheaper than a new buffer.
    if (this.length * 2 < this.bytes.length) {
      const copy = this.copy();
      this.length = 0;
      return copy;
    }
    const taken = this.bytes.subarray(0, this.length);
    this.replace(Math.min(this.bytes.length, RESTART_CAPACITY));
    this.length = 0;
    return taken;
  }

  /**
   * Forgets what was written.
   *
   * @param kept - a buffer that has grown beyond this many bytes is given back, too; all are kept by default
   */
  reset(kept = Infinity): void {
    this.length = 0;
    if (this.bytes.length > kept) this.replace(Math.min(kept, RESTART_CAPACITY));
  }

  private replace(capacity: number): void {
    this.bytes = Buffer.allocUnsafeSlow(Math.max(capacity, MIN_CAPACITY));
    this.view = new DataView(this.bytes.buffer);
  }
}
