import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodedBytes, ValueDecoder, ValueEncoder } from "../src/codec/index.js";
import { difference, refusal, roundTrip } from "./codec.support.js";

const encoder = new ValueEncoder();
const decoder = new ValueDecoder();

const VIEWS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

function filled(byteLength: number): ArrayBuffer {
  return Uint8Array.from({ length: byteLength }, (_, i) => i * 7 + 1).buffer;
}

describe("views and buffers", () => {
  it("keeps every kind of view, empty, small and out of band", () => {
    for (const type of VIEWS) {
      for (const elements of [0, 1, 5, 100, 20_000]) {
        const view = new type(filled(elements * type.BYTES_PER_ELEMENT));
        expect(difference(view, roundTrip(view))).toBeUndefined();
        const offset = new type(filled(16 + elements * type.BYTES_PER_ELEMENT), 8, elements);
        expect(difference([offset], roundTrip([offset]))).toBeUndefined();
      }
    }
    for (const length of [0, 3, 70_000]) {
      const view = new DataView(filled(length + 5), 5);
      expect(difference(view, roundTrip(view))).toBeUndefined();
      expect(Buffer.isBuffer(roundTrip(Buffer.from(filled(length))))).toBe(true);
    }
  });

  it("puts buffers out of band from the limit on, as the range used and uncopied", () => {
    const buffer = filled(200_000);
    const view = new Uint8Array(buffer, 1000, 65_536);
    const { head, buffers } = encoder.encode({ view, below: new Uint8Array(65_535) });
    expect(buffers.length).toBe(1);
    expect([buffers[0]!.buffer, buffers[0]!.byteOffset, buffers[0]!.byteLength]).toEqual([buffer, 1000, 65_536]);
    expect(head.byteLength).toBeGreaterThan(65_535);
    expect(encodedBytes({ head, buffers })).toBe(head.byteLength + 65_536);
  });

  it("takes the limit as an option", () => {
    expect(
      new ValueEncoder({ outOfBandBytes: 10 }).encode([new Uint8Array(9), new Uint8Array(10)]).buffers.length,
    ).toBe(1);
    expect(new ValueEncoder({ outOfBandBytes: Infinity }).encode(new Uint8Array(1e6)).buffers).toEqual([]);
  });

  it("decodes out-of-band views as views on the buffers given, and small ones as private copies", () => {
    const { head, buffers } = encoder.encode({ big: new Float64Array(10_000), small: new Float64Array(3) });
    const stored = new Float64Array(new SharedArrayBuffer(80_000));
    const given = [new Uint8Array(stored.buffer)];
    expect(buffers.length).toBe(1);
    const first = decoder.decode(head, given) as { big: Float64Array; small: Float64Array };
    const second = decoder.decode(head, given) as typeof first;
    stored[5] = 42;
    expect([first.big[5], second.big[5]]).toEqual([42, 42]);
    first.small[0] = 1;
    expect(second.small[0]).toBe(0);
    expect(first.small.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it("copies an out-of-band buffer only where it is not aligned as its views need", () => {
    const { head, buffers } = encoder.encode({ doubles: new Float64Array(10_000).fill(1.5) });
    const bytes = encoder.encode({ bytes: new Uint8Array(80_000).fill(9) });
    for (const offset of [0, 1, 4, 8]) {
      const arena = new Uint8Array(100_000);
      arena.set(buffers[0]!, offset);
      const given = arena.subarray(offset, offset + 80_000);
      const { doubles } = decoder.decode(head, [given]) as { doubles: Float64Array };
      expect(doubles.every((each) => each === 1.5)).toBe(true);
      expect(doubles.buffer === arena.buffer).toBe(offset % 8 === 0);
      expect((decoder.decode(bytes.head, [given]) as { bytes: Uint8Array }).bytes.buffer).toBe(arena.buffer);
    }
  });

  it("carries no more of a pool than the Buffer's own range", () => {
    const secret = Buffer.from("a secret in the same pool");
    const mine = Buffer.from("mine");
    expect(mine.buffer).toBe(secret.buffer);
    const { head } = encoder.encode({ mine });
    expect(head.byteLength).toBeLessThan(40);
    expect(Buffer.from(head).includes("secret")).toBe(false);
    const copy = roundTrip({ mine }).mine;
    expect(copy.toString()).toBe("mine");
    expect(Buffer.isBuffer(copy)).toBe(true);
  });

  it("keeps the memory that views share, whatever their order, offsets and kinds", () => {
    const kinds = [Uint8Array, Int16Array, Float32Array, Float64Array, DataView, Buffer] as const;
    const ranges = fc.array(
      fc.record({ kind: fc.nat(5), buffer: fc.nat(1), start: fc.nat(15), units: fc.nat(10), whole: fc.nat(9) }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(ranges, fc.constantFrom(1, 16, 50, 65_536), (drawn, outOfBandBytes) => {
        const buffers = [filled(256), filled(256)];
        const value = drawn.map(({ kind, buffer, start, units, whole }) => {
          const memory = buffers[buffer]!;
          if (whole === 0) return memory;
          if (kind === 4) return new DataView(memory, start, units);
          if (kind === 5) return Buffer.from(memory, start, units);
          const type = kinds[kind] as Uint8ArrayConstructor;
          return new type(memory, start * type.BYTES_PER_ELEMENT, units);
        });
        const encoded = new ValueEncoder({ outOfBandBytes }).encode(value);
        const copy = decoder.decode(encoded.head, encoded.buffers.map((each) => Uint8Array.from(each))) as typeof value; // prettier-ignore
        expect(difference(value, copy)).toBeUndefined();

        // Whatever is written through one view shows in the others just as in the original.
        const bytesOf = (each: (typeof value)[number]): Uint8Array =>
          ArrayBuffer.isView(each)
            ? new Uint8Array(each.buffer, each.byteOffset, each.byteLength)
            : new Uint8Array(each);
        const [mine, theirs] = [value.map(bytesOf), copy.map(bytesOf)];
        mine.forEach((bytes, at) => {
          for (let i = 0; i < bytes.length; i++) bytes[i] = theirs[at]![i] = i * 13 + at * 31;
          expect(difference(mine, theirs)).toBeUndefined();
        });
      }),
      { numRuns: 1500 },
    );
  });

  it("sends views that touch as one buffer: the rows of a matrix stay uncopied", () => {
    const matrix = new Float64Array(100 * 200).map((_, i) => i);
    const rows = Array.from({ length: 100 }, (_, row) => matrix.subarray(row * 200, (row + 1) * 200));
    const { buffers } = encoder.encode(rows);
    expect(buffers.map((each) => each.byteLength)).toEqual([160_000]);
    expect(difference(rows, roundTrip(rows))).toBeUndefined();
  });

  it("keeps ArrayBuffers and their identity with views", () => {
    const buffer = filled(32);
    const value = { view: new Uint8Array(buffer, 8, 8), buffer, again: buffer };
    const copy = roundTrip(value);
    expect(copy.buffer).toBeInstanceOf(ArrayBuffer);
    expect(copy.again).toBe(copy.buffer);
    expect(copy.view.buffer).toBe(copy.buffer);
    expect(copy.view.byteOffset).toBe(8);
    expect(roundTrip(filled(100_000)).byteLength).toBe(100_000);
  });

  it("makes an ArrayBuffer of its own where what is given is shared or part of more", () => {
    const { head, buffers } = encoder.encode(filled(70_000));
    const given = new Uint8Array(new SharedArrayBuffer(70_000));
    given.set(buffers[0]!);
    const copy = decoder.decode(head, [given]) as ArrayBuffer;
    expect(copy).toBeInstanceOf(ArrayBuffer);
    expect(Buffer.from(copy).equals(buffers[0]!)).toBe(true);
    const within = new Uint8Array(80_000).subarray(80, 70_080);
    expect((decoder.decode(head, [within]) as ArrayBuffer).byteLength).toBe(70_000);
  });

  it("keeps SharedArrayBuffers, and hands out the one that was given", () => {
    const small = new SharedArrayBuffer(8);
    const copy = roundTrip({ small, view: new Int32Array(small) });
    expect(copy.small).toBeInstanceOf(SharedArrayBuffer);
    expect(copy.view.buffer).toBe(copy.small);
    const { head } = encoder.encode(new SharedArrayBuffer(70_000));
    const stored = new SharedArrayBuffer(70_000);
    expect(decoder.decode(head, [new Uint8Array(stored)])).toBe(stored);
  });

  it("keeps resizable buffers resizable", () => {
    interface Resizable extends ArrayBuffer {
      readonly maxByteLength: number;
      resize(byteLength: number): void;
    }
    const type = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => Resizable;
    const copy = roundTrip(new type(8, { maxByteLength: 64 }));
    expect([copy.byteLength, copy.maxByteLength]).toEqual([8, 64]);
    copy.resize(64);
    expect(copy.byteLength).toBe(64);
  });

  it("refuses memory that is gone", () => {
    for (const viewOn of [(b: ArrayBuffer) => new Uint8Array(b), (b: ArrayBuffer) => new DataView(b)]) {
      const buffer = new ArrayBuffer(16);
      const gone = viewOn(buffer);
      structuredClone(buffer, { transfer: [buffer] });
      expect(refusal({ gone }).path).toBe("value.gone");
      expect(refusal({ buffer }).message).toContain("memory that is gone");
    }
  });

  it("refuses a value whose getter returns more memory each time", () => {
    const buffer = new ArrayBuffer(1000);
    let calls = 0;
    const value = {
      first: new Uint8Array(buffer, 0, 4),
      get second() {
        return new Uint8Array(buffer, 0, 10 * ++calls);
      },
    };
    expect(refusal(value).message).toContain("changes while it is encoded");
    expect(calls).toBeLessThan(10);
  });

  it("moves long arrays of numbers out of band", () => {
    const numbers = Array.from({ length: 20_000 }, (_, i) => i / 3);
    const { head, buffers } = encoder.encode([numbers, numbers.slice(1)]);
    expect(head.byteLength).toBeLessThan(32);
    expect(buffers.length).toBe(2);
    const unaligned = buffers.map((each) => {
      const arena = new Uint8Array(each.byteLength + 1);
      arena.set(each, 1);
      return arena.subarray(1);
    });
    expect(decoder.decode(head, unaligned)).toEqual([numbers, numbers.slice(1)]);
  });
});
