import { describe, expect, it } from "vitest";
import { ByteSink, ValueDecoder, ValueEncoder, type CodecExtension } from "../src/codec/index.js";
import { refusal } from "./codec.support.js";

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
    public other?: unknown,
  ) {}
}

const points: CodecExtension = {
  id: 3,
  claims: (value) => value instanceof Point,
  encode(value, writer) {
    const { x, y, other } = value as Point;
    writer.varint(x);
    writer.string(`y=${String(y)}`);
    writer.bytes(Uint8Array.of(1, 2, 3));
    writer.value(other);
  },
  decode(reader) {
    const point = reader.remember(Object.create(Point.prototype) as { -readonly [K in keyof Point]: Point[K] });
    point.x = reader.varint();
    point.y = Number(reader.string().slice(2));
    expect([...reader.bytes()]).toEqual([1, 2, 3]);
    point.other = reader.value();
    return point;
  },
};

/** Functions by name, as an extension that makes its object only after its parts. */
const library: Record<string, () => unknown> = { one: () => 1, two: () => 2 };
const functions: CodecExtension = {
  id: 63,
  claims: (value) => typeof value === "function",
  encode(value, writer) {
    writer.value({ name: (value as () => unknown).name });
  },
  decode: (reader) => library[(reader.value() as { name: string }).name],
};

const extensions = [points, functions];
const encoder = new ValueEncoder({ extensions });
const decoder = new ValueDecoder({ extensions: [...extensions].reverse() });

function roundTrip<T>(value: T): T {
  const { head, buffers } = encoder.encode(value);
  return decoder.decode(head, buffers) as T;
}

describe("extensions", () => {
  it("carry instances and functions, keeping identity and cycles", () => {
    const point = new Point(2 ** 40, -1);
    point.other = { point, again: [point, library["two"]] };
    const copy = roundTrip([point, library["one"], library["two"], point]);
    const [first, one, two, last] = copy;
    expect(first).toBeInstanceOf(Point);
    expect(first).toMatchObject({ x: 2 ** 40, y: -1 });
    expect(last).toBe(first);
    expect([one, two]).toEqual([library["one"], library["two"]]);
    expect((first as Point).other).toEqual({ point: first, again: [first, two] });
  });

  it("carry big bytes out of band", () => {
    const blob: CodecExtension = {
      id: 0,
      claims: (value) => value instanceof Point,
      encode: (value, writer) => { writer.bytes((value as Point).other as Uint8Array); }, // prettier-ignore
      decode: (reader) => new Point(0, 0, reader.bytes()),
    };
    const bytes = new Uint8Array(100_000).fill(7);
    const { head, buffers } = new ValueEncoder({ extensions: [blob] }).encode([
      new Point(1, 2, bytes),
      new Uint8Array(70_000),
    ]);
    expect(buffers.map((each) => each.byteLength)).toEqual([100_000, 70_000]);
    expect(buffers[0]).toBe(bytes);
    const [point] = new ValueDecoder({ extensions: [blob] }).decode(head, buffers) as [Point];
    expect(point.other).toBe(buffers[0]);
  });

  it("are not asked about plain data, and are asked before an error is reduced to its base", () => {
    const asked: unknown[] = [];
    class Failure extends Error {}
    const nosy: CodecExtension = { ...points, claims: (value) => { asked.push(value); return false; } }; // prettier-ignore
    const failure = new Failure("x");
    new ValueEncoder({ extensions: [nosy] }).encode([
      {},
      [],
      new Map(),
      new Date(),
      new Error("y"),
      Buffer.alloc(1),
      failure,
    ]);
    expect(asked).toEqual([failure]);
  });

  it("get their parts whole, however deep they are", () => {
    let inner: unknown = { end: true };
    for (let i = 0; i < 200; i++) inner = { inner };
    let value: unknown = new Point(1, 1, inner);
    for (let i = 0; i < 200; i++) value = [value];
    let depth = 0;
    const checking: CodecExtension = {
      ...points,
      decode(reader) {
        const point = points.decode(reader) as Point;
        for (let at = point.other as { inner?: unknown } | undefined; at !== undefined; depth++) {
          at = at.inner as typeof at;
        }
        return point;
      },
    };
    const { head } = encoder.encode(value);
    new ValueDecoder({ extensions: [checking] }).decode(head);
    expect(depth).toBe(201);
  });

  it("name what cannot be encoded in their parts", () => {
    expect(refusal({ a: [new Point(1, 2, { b: Symbol("s") })] }, encoder).path).toBe("value.a[0].b");
  });

  it("say so when the depth of instances in instances is too much", () => {
    let point = new Point(0, 0);
    for (let i = 0; i < 50_000; i++) point = new Point(0, 0, point);
    expect(refusal(point, encoder).code).toBe("HEDDLE_VALUE_TOO_DEEP");
  });

  it("pass on what they throw, both ways, and leave the codec usable", () => {
    const failing: CodecExtension = {
      id: 1,
      claims: () => true,
      encode: (value, writer) => {
        if ((value as Point).x === 0) throw new TypeError("encode");
        writer.value({ nested: [1] });
      },
      decode: (reader) => {
        reader.value();
        throw new TypeError("decode");
      },
    };
    const enc = new ValueEncoder({ extensions: [failing] });
    const dec = new ValueDecoder({ extensions: [failing] });
    expect(() => enc.encode([new Point(0, 0)])).toThrow(new TypeError("encode"));
    const { head } = enc.encode([[new Point(1, 0)]]);
    expect(() => dec.decode(head)).toThrow(new TypeError("decode"));
    expect(dec.decode(enc.encode([1, "two"]).head)).toEqual([1, "two"]);
  });

  it("must remember an object that its own parts refer to", () => {
    const forgetful: CodecExtension = { ...points, decode: (reader) => ({ ...reader, other: (reader.varint(), reader.string(), reader.bytes(), reader.value()) }) }; // prettier-ignore
    const point = new Point(1, 1);
    point.other = [point];
    const { head } = encoder.encode(point);
    expect(() => new ValueDecoder({ extensions: [forgetful] }).decode(head)).toThrow(/has to remember it/);
  });

  it("may use the codec that is at work", () => {
    const nested: CodecExtension = {
      id: 2,
      claims: (value) => value instanceof Point,
      encode: (value, writer) => { writer.bytes(enc.encode({ inner: (value as Point).other, same: [1, { a: 1 }] }).head); }, // prettier-ignore
      decode: (reader) => dec.decode(reader.bytes()),
    };
    const enc = new ValueEncoder({ extensions: [nested] });
    const dec: ValueDecoder = new ValueDecoder({ extensions: [nested] });
    const shared = { s: 1 };
    const value = [shared, new Point(0, 0, new Point(0, 0, "deep")), new Point(0, 0, "next"), shared];
    const { head } = enc.encode(value);
    const copy = dec.decode(head) as unknown[];
    const same = [1, { a: 1 }];
    expect(copy).toEqual([shared, { inner: { inner: "deep", same }, same }, { inner: "next", same }, shared]);
    expect(copy[3]).toBe(copy[0]);
  });

  it("have ids of their own", () => {
    expect(() => new ValueEncoder({ extensions: [points, { ...functions, id: 3 }] })).toThrow(
      /Two codec extensions have the id 3/,
    );
    for (const id of [-1, 64, 1.5])
      expect(() => new ValueDecoder({ extensions: [{ ...points, id }] })).toThrow(RangeError);
  });

  it("that the decoder lacks are named", () => {
    expect(() => new ValueDecoder().decode(encoder.encode(new Point(1, 1)).head)).toThrow(
      /extension 3, which is not installed/,
    );
  });
});

describe("dependencies", () => {
  class Future {
    constructor(readonly index: number) {}
  }
  const withFutures = new ValueEncoder({
    extensions,
    dependencyOf: (value) => (value instanceof Future ? value.index : -1),
  });

  it("are replaced by the values they stand for, wherever they are", () => {
    const value = {
      a: [new Future(0), new Future(300)],
      m: new Map([[new Future(0), new Future(1)]]),
      p: new Point(1, 1),
    };
    const { head } = withFutures.encode(value);
    const inputs = new Map<number, unknown>([[0, { input: 0 }], [1, "one"], [300, [300]]]); // prettier-ignore
    const copy = decoder.decode(head, [], 0, (index) => inputs.get(index)) as typeof value;
    expect(copy.a).toEqual([{ input: 0 }, [300]]);
    expect([...copy.m]).toEqual([[inputs.get(0), "one"]]);
    expect(copy.a[0]).toBe([...copy.m.keys()][0]);
    expect(copy.p).toBeInstanceOf(Point);
  });

  it("do not disturb the identity of other objects", () => {
    const shared = {};
    const { head } = withFutures.encode([new Future(0), shared, new Future(1), shared, new Future(0)]);
    const copy = decoder.decode(head, [], 0, () => ({})) as unknown[];
    expect(copy[3]).toBe(copy[1]);
  });

  it("may be decoded by the decoder that asks for them, and pass on what fails", () => {
    const input = encoder.encode({ from: "input", list: [1, 2] }).head;
    const { head } = withFutures.encode([{ a: 1 }, new Future(0), { a: 2 }]);
    const copy = decoder.decode(head, [], 0, () => decoder.decode(input));
    expect(copy).toEqual([{ a: 1 }, { from: "input", list: [1, 2] }, { a: 2 }]);
    const lost = new Error("lost");
    expect(() => decoder.decode(head, [], 0, () => { throw lost; })).toThrow(lost); // prettier-ignore
  });

  it("need values", () => {
    expect(() => decoder.decode(withFutures.encode(new Future(0)).head)).toThrow(/dependency, and none were given/);
  });
});

describe("heads in a column", () => {
  it("are appended one after another and decoded where they lie", () => {
    const sink = new ByteSink(1);
    const values = [1, "two", { three: [3] }, new Float64Array([4]), [{ a: 1 }, { a: 2 }], undefined, -0];
    const offsets: number[] = [];
    let end = 0;
    for (let round = 0; round < 50; round++) {
      for (const value of values) {
        offsets.push(end);
        end += encoder.append(value, sink);
        expect(encoder.takeBuffers()).toEqual([]);
      }
    }
    expect(sink.length).toBe(end);
    const column = sink.take();
    expect(column.byteLength).toBe(end);
    expect(sink.length).toBe(0);
    offsets.forEach((offset, at) => {
      expect(decoder.decode(column, [], offset)).toEqual(values[at % values.length]);
    });
    encoder.append("later", sink);
    expect(decoder.decode(column, [], offsets[1])).toBe("two");
  });

  it("may lie in shared memory, at any offset, and need not be a Buffer", () => {
    const value = { ascii: "hello world, a long string", utf8: "żółw ".repeat(9), lone: "\ud800", list: [1, 2, 3, 4, 5, 6, 7, 8.5], bytes: new Uint8Array(40), doubles: new Float64Array([1, 2]) }; // prettier-ignore
    const { head } = encoder.encode(value);
    const shared = new Uint8Array(new SharedArrayBuffer(head.byteLength + 7));
    shared.set(head, 7);
    expect(decoder.decode(shared, [], 7)).toEqual(value);
    expect((decoder.decode(shared, [], 7) as typeof value).bytes.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it("leave a sink that can give memory back", () => {
    const sink = new ByteSink();
    encoder.append("x".repeat(1e6), sink);
    sink.reset(1e7);
    expect(sink.bytes.length).toBeGreaterThan(1e6);
    sink.reset(1e5);
    expect(sink.bytes.length).toBeLessThanOrEqual(1e5);
    expect(sink.length).toBe(0);
    encoder.append("again", sink);
    expect(decoder.decode(sink.take())).toBe("again");
  });

  it("give their big buffers once", () => {
    const sink = new ByteSink();
    encoder.append(new Uint8Array(70_000), sink);
    expect(encoder.takeBuffers().length).toBe(1);
    expect(encoder.takeBuffers().length).toBe(0);
  });

  it("come with heads of exactly their size, which the next value leaves alone", () => {
    const first = encoder.encode({ a: "first" });
    const bytes = Buffer.from(first.head);
    encoder.encode({ b: "second" });
    expect(bytes.equals(first.head)).toBe(true);
    expect(first.head.byteLength).toBe(first.head.buffer.byteLength);
  });
});
