/**
 * The wire format of values, in numbers.
 *
 * A head is one byte of {@link Flag}s and then one item. An item starts with a tag byte:
 *
 * | byte          | item                                                              |
 * | ------------- | ----------------------------------------------------------------- |
 * | `0x80..0xff`  | the integer 0..127                                                |
 * | `0x70..0x7f`  | an object of shape 0..15, its values follow                       |
 * | `0x40..0x6f`  | an ASCII string of 0..47 bytes                                    |
 * | below         | a {@link Tag}                                                     |
 *
 * Lengths and indices are varints, 7 bits a byte, low bits first. Numbers wider than a byte, and the contents of typed arrays,
 * are little-endian, as are all platforms Node.js is built for but s390x, which is not supported.
 *
 * Every item that is an object has an index for {@link Tag.Reference}, counted in the order in which the items start.
 */
export const Tag = {
  Null: 0x00,
  Undefined: 0x01,
  True: 0x02,
  False: 0x03,
  Int8: 0x04,
  Int16: 0x05,
  Int32: 0x06,
  Float64: 0x07,
  /** Sign byte (1 is negative), then the magnitude as a string of hexadecimal digits. */
  BigInt: 0x08,
  /** Byte length, bytes. */
  Ascii: 0x09,
  Utf8: 0x0a,
  /** Length in code units, then UTF-16: strings with lone surrogates, which UTF-8 cannot hold. */
  Utf16: 0x0b,
  /** A registered symbol: its key as a string. */
  Symbol: 0x0c,
  /** Index of an object that started earlier. */
  Reference: 0x0d,
  /** Index of a dependency whose value takes this place. */
  Dependency: 0x0e,
  /** The value of this place follows after the root: see {@link Flag.Deferred}. */
  Deferred: 0x0f,

  /** Length, then as many items. */
  Array: 0x10,
  /** Length, count of elements, then pairs of the number of holes before an element and its item. */
  SparseArray: 0x11,
  /** An array of any kind, then the count of its named properties, and pairs of name and item. */
  NamedArray: 0x12,
  /** Numbers of one kind: a {@link Packed} byte, length, bytes. */
  PackedArray: 0x13,
  /** As PackedArray, with the bytes out of band. */
  PackedBuffer: 0x14,
  /** Defines the next shape (count, names) and is an object of it: its values follow. */
  NewShape: 0x15,
  /** Shape index, values. */
  Shaped: 0x16,
  /** Count, then pairs of name and item. */
  Record: 0x17,
  /** As Record, with a null prototype. */
  NullRecord: 0x18,
  /** Count, then pairs of items. */
  Map: 0x19,
  Set: 0x1a,
  /** Milliseconds as a number item; NaN for an invalid date. */
  Date: 0x1b,
  /** Source, flags, lastIndex as a number item. */
  RegExp: 0x1c,
  Url: 0x1d,
  /** A primitive item, boxed. */
  Boxed: 0x1e,
  /** Kind (index into the error kinds), class name, name, stack, properties. */
  Error: 0x1f,
  DomException: 0x20,

  /** Defines the next extent (see extents.ts), and is followed by the item that uses it. */
  Extent: 0x21,
  /** View kind, extent index, offset in the extent, byte length. */
  View: 0x22,
  /** View kind, then an extent, all of which the view covers. */
  NewView: 0x23,
  /** Extent index: the ArrayBuffer or SharedArrayBuffer itself. */
  Buffer: 0x24,

  /** Extension id, then what the extension wrote. */
  Extension: 0x25,
} as const;

/** Tag bytes that carry their own operand. */
export const SMALL_INT = 0x80;
export const SMALL_SHAPE = 0x70;
export const SMALL_SHAPES = 16;
export const SHORT_ASCII = 0x40;
export const SHORT_ASCII_MAX = 47;

/** First byte of a head. */
export const Flag = {
  /** Some item is a reference, so the decoder has to number objects. */
  References: 1,
  /**
   * Some places were too deep to recurse into. Their items follow the root, in the order in which the places occurred (these may
   * defer places of their own, which queue up behind).
   */
  Deferred: 2,
} as const;

/** Element kinds of a packed array of numbers. */
export const Packed = { Int8: 0, Int16: 1, Int32: 2, Float64: 3 } as const;

/** Where the bytes of a buffer are. Out of band, the first to be written is the first buffer, and so on. */
export const Place = { Here: 0, OutOfBand: 1 } as const;

/** Bits of the byte that starts an extent. */
export const ExtentBit = {
  /** Low three bits: the position of the first byte modulo 8 in its original buffer, so that views stay aligned. */
  Position: 0b111,
  /** Shift of the two bits that give the widest element of its views as a power of two. */
  WidthShift: 3,
  /** The buffer itself is part of the value, so the extent is all of it. */
  Whole: 1 << 5,
  /** It is a SharedArrayBuffer. */
  Shared: 1 << 6,
  /** It is resizable: the maximum length follows as a varint. */
  Resizable: 1 << 7,
} as const;
