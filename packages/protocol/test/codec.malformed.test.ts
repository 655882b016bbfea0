import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodecError, ValueDecoder, ValueEncoder } from "../src/codec/index.js";
import { SHORT_ASCII, Tag } from "../src/codec/tags.js";

const encoder = new ValueEncoder({ outOfBandBytes: 256 });
const decoder = new ValueDecoder();

const sample: unknown[] = [
  { id: 1, name: "some text", long: "x".repeat(100), ünï: "漢字", lone: "\ud800", list: [1, 2.5, -3, 70_000, 2 ** 40] },
  [
    Array.from({ length: 100 }, (_, i) => i),
    Array.from({ length: 10 }, (_, i) => i / 2),
    Object.assign([], { 9: 1, x: 2 }),
  ],
  new Map<unknown, unknown>([[{ k: 1 }, new Set([1, "a"])], ["d", new Date(0)]]), // prettier-ignore
  [
    /a+/g,
    new URL("http://a.b/"),
    5n,
    Object(1),
    Symbol.for("s"),
    new DOMException("m", "AbortError"),
    Object.create(null),
  ],
  new AggregateError([new TypeError("t", { cause: { code: 1 } })], "m"),
  [new Float64Array(5), new Uint8Array(300), Buffer.from("abc"), new ArrayBuffer(8), new SharedArrayBuffer(8)],
  Array.from({ length: 30 }, (_, i) => ({ a: i, b: { c: `${String(i)}` } })),
  (() => {
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = [cyclic];
    let deep: unknown = cyclic;
    for (let i = 0; i < 400; i++) deep = { deep };
    return [deep, cyclic];
  })(),
];

/** Decodes, and lets nothing but a CodecError out. */
function attempt(head: Uint8Array, buffers: readonly Uint8Array[] = []): CodecError | undefined {
  try {
    decoder.decode(head, buffers);
    return undefined;
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
}

function head(...bytes: number[]): Uint8Array {
  return Uint8Array.from([0, ...bytes]);
}

function varint(n: number): number[] {
  return n < 128 ? [n] : [(n % 128) | 128, ...varint(Math.floor(n / 128))];
}

describe("bytes that are no value", () => {
  it("are refused when cut off anywhere", () => {
    for (const value of sample) {
      const encoded = encoder.encode(value);
      expect(attempt(encoded.head, encoded.buffers)).toBeUndefined();
      for (let end = 0; end < encoded.head.byteLength; end++) {
        const error = attempt(encoded.head.slice(0, end), encoded.buffers);
        expect(error?.code, `cut at ${String(end)}`).toBe("HEDDLE_CODEC_MALFORMED");
      }
    }
  });

  it("are refused when buffers are missing or of another size", () => {
    const { head: good, buffers } = encoder.encode([new Uint8Array(300), Array.from({ length: 100 }, (_, i) => i / 3)]);
    expect(attempt(good, [])?.message).toContain("a buffer is missing");
    expect(attempt(good, buffers.slice(0, 1))?.message).toContain("a buffer is missing");
    expect(attempt(good, [buffers[0]!.subarray(1), buffers[1]!])?.message).toContain("another size");
    expect(attempt(good, [buffers[0]!, buffers[1]!.subarray(1)])?.message).toContain("another size");
  });

  it("never get anything but a CodecError out of the decoder", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(3), (bytes, flags) => {
        bytes[0] = flags;
        attempt(bytes, [new Uint8Array(8), new Uint8Array(800)]);
      }),
      { numRuns: 20_000 },
    );
  });

  it("never get anything but a CodecError out of the decoder when a few bytes are wrong", () => {
    const encoded = sample.map((value) => encoder.encode(value));
    fc.assert(
      fc.property(
        fc.nat(sample.length - 1),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
        (which, changes) => {
          const { head: good, buffers } = encoded[which]!;
          const bytes = Uint8Array.from(good);
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
          attempt(bytes, buffers);
        },
      ),
      { numRuns: 30_000 },
    );
  });

  it("cannot make the decoder reserve what they do not pay for", () => {
    for (const length of [
      varint(2 ** 26),
      varint(2 ** 32 - 1),
      varint(2 ** 53 - 1),
      [...Array<number>(8).fill(0xff)],
    ]) {
      const announcing = [
        ...[Tag.Ascii, Tag.Utf8, Tag.Utf16, Tag.Array, Tag.NewShape, Tag.Record, Tag.NullRecord, Tag.Map, Tag.Set].map((tag) => [tag]),
        ...[Tag.Reference, Tag.Shaped, Tag.Buffer, Tag.Extension, Tag.Error, Tag.Dependency].map((tag) => [tag]),
        ...[0, 1, 2, 3].flatMap((kind) => [Tag.PackedArray, Tag.PackedBuffer].map((tag) => [tag, kind])),
        [Tag.SparseArray, 5],
        [Tag.NamedArray, Tag.Array, 0],
        ...[0, 0b11111, 0b100000, 0b1100000].flatMap((flags) => [[Tag.Extent, flags], [Tag.NewView, 1, flags], [Tag.NewView, 8, flags]]),
      ]; // prettier-ignore
      for (const start of announcing) {
        expect(attempt(head(...start, ...length))?.code, start.join()).toBe("HEDDLE_CODEC_MALFORMED");
        expect(attempt(head(...start, ...length, 0, 0, 0, 0))?.code, start.join()).toBe("HEDDLE_CODEC_MALFORMED");
      }
    }
  });

  it("cannot announce arrays in arrays that together exceed the bytes", () => {
    // Each array says that it is as long as the rest, and has the next as its first element.
    const nested: number[] = [];
    for (let i = 0; i < 20_000; i++) nested.push(Tag.Array, 0xff, 0x7f);
    expect(attempt(head(...nested))?.message).toContain("a length exceeds the bytes there are");
  });

  it("cannot reserve memory with the length of an empty sparse array", () => {
    // Were these reserved, they would take 240 GB.
    const empty = [Tag.SparseArray, ...varint(30_000_000), 0];
    const arrays = decoder.decode(
      head(Tag.Array, ...varint(1000), ...new Array<number[]>(1000).fill(empty).flat()),
    ) as unknown[][];
    expect(arrays.map((each) => each.length)).toEqual(new Array<number>(1000).fill(30_000_000));
  });

  it("are refused when nested beyond the stack", () => {
    const arrays = new Uint8Array(2_000_000).fill(1);
    for (let i = 1; i < arrays.length; i += 2) arrays[i] = Tag.Array;
    arrays[0] = 0;
    expect(attempt(arrays)?.code).toBe("HEDDLE_VALUE_TOO_DEEP");
    const sets = new Uint8Array(arrays).map((byte) => (byte === Tag.Array ? Tag.Set : byte));
    expect(attempt(sets)?.code).toBe("HEDDLE_VALUE_TOO_DEEP");
  });

  it("are refused with what is wrong", () => {
    const cases: [Uint8Array, RegExp][] = [
      [new Uint8Array(0), /first byte is unknown/],
      [Uint8Array.of(0xf0, Tag.Null), /first byte is unknown/],
      [head(0x3f), /unknown item 63/],
      [head(Tag.Deferred), /unknown item 15/],
      [head(Tag.Reference, 0), /refers to an object that is not there/],
      [head(Tag.Shaped, 5), /a shape that is not defined/],
      [head(Tag.NewShape, 1, Tag.Null), /a string is missing/],
      [head(Tag.Date, Tag.Null), /a number is missing/],
      [head(Tag.BigInt, 0, SHORT_ASCII + 1, 0x7a), /cannot be built/],
      [head(Tag.RegExp, SHORT_ASCII + 1, 0x28, SHORT_ASCII, 0x80), /cannot be built/],
      [head(Tag.Boxed, Tag.Null), /holds no primitive/],
      [head(Tag.Error, 200, 1), /unknown kind of error/],
      [head(Tag.PackedArray, 9, 1), /unknown kind of number array/],
      [head(Tag.View, 1, 0, 0, 0), /bytes that are not there/],
      [head(Tag.NewView, 8, 0, 4, 0, 1, 2, 3, 4), /ends inside an element/],
      [head(Tag.NewView, 99, 0, 0, 0), /unknown kind of view/],
      [head(Tag.Extent, 0, 1, 0, 7, Tag.View, 1, 0, 1, 1), /reaches past its bytes/],
      [head(Tag.Extent, 0, 1, 0, 7, Tag.Buffer, 0), /is not whole/],
      [head(Tag.SparseArray, 2, 1, 5, Tag.Null), /past its end/],
      [head(Tag.NamedArray, Tag.Null), /an array is missing/],
      [head(Tag.Extension, 5), /extension 5, which is not installed/],
      [head(Tag.Extension, 0xff, 0x7f), /is not installed/],
      [head(Tag.Dependency, 0), /none were given/],
    ];
    for (const [bytes, message] of cases) expect(attempt(bytes)?.message).toMatch(message);
  });

  it("leave the decoder usable", () => {
    const good = encoder.encode({ a: [1, { b: 2 }] }).head;
    for (let i = 0; i < 200; i++) {
      expect(attempt(head(Tag.NewShape, 1, SHORT_ASCII, Tag.Reference, i))).toBeInstanceOf(CodecError);
      expect(decoder.decode(good)).toEqual({ a: [1, { b: 2 }] });
    }
  });
});
