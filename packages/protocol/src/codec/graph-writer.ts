import { types } from "node:util";
import type { ByteSink } from "./byte-sink.js";
import { NO_BUFFERS } from "./encoded-value.js";
import type { CodecExtension, ValueWriter } from "./extension.js";
import { Extents, type Extent } from "./extents.js";
import { IdentityTable } from "./identity.js";
import { isPackable, writePacked } from "./packed.js";
import { element, EncodingFailure, property } from "./path.js";
import { localPrototype } from "./realms.js";
import { ShapeTable, type ItemWriter, type PlainObject, type Shape } from "./shapes.js";
import { hasNamedProperties, isIndex } from "./array-names.js";
import { writeString } from "./strings.js";
import { Flag, SMALL_INT, SMALL_SHAPE, SMALL_SHAPES, Tag } from "./tags.js";
import { notEncodable, tooDeep } from "./unencodable.js";
import { builtinWriter, writeError } from "./write-builtins.js";
import { writeNewExtent } from "./write-buffers.js";

/** From this depth on, parts of objects, arrays and maps are deferred instead of recursed into. */
const DEFER_DEPTH = 250;
/** What cannot be deferred may nest this deep. The stack would hold several times as much. */
const MAX_DEPTH = 1000;
/** Two passes settle it, unless getters answer differently each time. */
const MAX_PASSES = 4;

export interface WriterOptions {
  readonly extensions: readonly CodecExtension[];
  readonly outOfBandBytes: number;
  readonly dependencyOf: ((value: object) => number) | undefined;
}

/** Writes graphs of objects, one at a time: the walk behind {@link ValueEncoder}. */
export class GraphWriter implements ValueWriter, ItemWriter {
  sink!: ByteSink;
  /** Buffers of this value that go out of band. */
  private out: Uint8Array[] | null = null;
  private readonly identity = new IdentityTable();
  private readonly shapes = new ShapeTable();
  private shape: Shape = this.shapes.find([])!;
  private shapeCount = 0;
  private epoch = 0;
  private flags = 0;
  private depth = 0;
  private deferred: unknown[] = [];
  private extents: Extents | null = null;

  constructor(private readonly options: WriterOptions) {}

  /** Appends the head of a value and returns its length. On an error the sink is as it was. */
  write(value: unknown, sink: ByteSink): number {
    const start = sink.length;
    this.sink = sink;
    this.shapes.renew();
    try {
      this.pass(value, start);
      for (let passes = 1; this.extents?.changed === true; passes++) {
        if (passes === MAX_PASSES)
          throw new Error("A value changes while it is encoded: its getters keep returning other buffers.");
        this.restart(start);
        this.pass(value, start);
      }
      return sink.length - start;
    } catch (error) {
      this.restart(start);
      if (error instanceof EncodingFailure) throw error.toError();
      if (isStackOverflow(error)) throw tooDeep().toError();
      throw error;
    } finally {
      this.extents = null;
      this.identity.reset();
    }
  }

  /** The out-of-band buffers of the value written last. */
  takeBuffers(): readonly Uint8Array[] {
    const out = this.out;
    if (out === null) return NO_BUFFERS;
    this.out = null;
    return out;
  }

  private restart(start: number): void {
    this.sink.length = start;
    this.identity.reset();
    this.out = null;
    this.deferred = [];
    this.extents?.nextPass();
  }

  private pass(value: unknown, start: number): void {
    this.flags = 0;
    this.depth = 0;
    this.epoch++;
    this.shapeCount = 0;
    this.sink.ensure(16);
    this.sink.length++;
    this.value(value);
    if (this.deferred.length > 0) this.writeDeferred();
    this.sink.bytes[start] = this.flags;
  }

  // ---- any value

  value(value: unknown): void {
    const sink = this.sink;
    switch (typeof value) {
      case "number":
        this.number(value);
        return;
      case "string":
        writeString(sink, value);
        return;
      case "boolean":
        sink.ensure(1);
        sink.byte(value ? Tag.True : Tag.False);
        return;
      case "undefined":
        sink.ensure(1);
        sink.byte(Tag.Undefined);
        return;
      case "object": {
        if (value === null) {
          sink.ensure(1);
          sink.byte(Tag.Null);
          return;
        }
        const prototype: unknown = Object.getPrototypeOf(value);
        if (prototype === Object.prototype) {
          if (!this.isKnown(value)) this.plain(value as PlainObject);
        } else if (prototype === Array.prototype && Array.isArray(value)) {
          if (!this.isKnown(value)) this.array(value);
        } else {
          this.other(value, prototype as object | null);
        }
        return;
      }
      case "bigint":
        this.bigint(value);
        return;
      case "symbol":
        this.symbol(value);
        return;
      case "function":
        this.extended(value);
        return;
    }
  }

  number(value: number): void {
    const sink = this.sink;
    sink.ensure(9);
    if ((value | 0) !== value || (value === 0 && 1 / value < 0)) {
      sink.byte(Tag.Float64);
      sink.float64(value);
    } else if (value >= 0 && value < 128) {
      sink.byte(SMALL_INT | value);
    } else if ((value << 24) >> 24 === value) {
      sink.byte(Tag.Int8);
      sink.byte(value);
    } else if ((value << 16) >> 16 === value) {
      sink.byte(Tag.Int16);
      sink.int16(value);
    } else {
      sink.byte(Tag.Int32);
      sink.int32(value);
    }
  }

  private bigint(value: bigint): void {
    const negative = value < 0n;
    this.tag(Tag.BigInt);
    this.sink.varint(negative ? 1 : 0);
    writeString(this.sink, (negative ? -value : value).toString(16));
  }

  private symbol(value: symbol): void {
    const key = Symbol.keyFor(value);
    if (key === undefined) throw notEncodable(value);
    this.tag(Tag.Symbol);
    writeString(this.sink, key);
  }

  string(text: string): void {
    writeString(this.sink, text);
  }

  varint(n: number): void {
    this.sink.varint(n);
  }

  bytes(bytes: Uint8Array): void {
    // Not an extent: what an extension writes is its own business, and shares memory with nothing.
    if (bytes.byteLength >= this.options.outOfBandBytes) {
      this.varint(this.putOutOfBand(bytes) + 1);
    } else {
      this.varint(0);
      this.varint(bytes.byteLength);
      this.sink.append(bytes);
    }
  }

  tag(tag: number): void {
    this.sink.ensure(1);
    this.sink.byte(tag);
  }

  // ---- identity

  /** Tells an object met before, after writing a reference to it. */
  private isKnown(object: object): boolean {
    const index = this.identity.meet(object);
    if (index < 0) return false;
    this.flags |= Flag.References;
    this.tag(Tag.Reference);
    this.sink.varint(index);
    return true;
  }

  // ---- plain objects

  private plain(object: PlainObject): void {
    if (types.isProxy(object)) throw notEncodable(object);
    const names = Object.keys(object);
    const shape = this.shapeOf(names);
    if (shape === null) {
      this.tag(Tag.Record);
      this.record(object, names);
      return;
    }
    if (shape.epoch === this.epoch) {
      if (shape.index < SMALL_SHAPES) {
        this.tag(SMALL_SHAPE + shape.index);
      } else {
        this.tag(Tag.Shaped);
        this.sink.varint(shape.index);
      }
    } else {
      this.define(shape);
    }
    if (this.depth >= DEFER_DEPTH) {
      this.deepValues(object, shape.names);
      return;
    }
    this.depth++;
    if (shape.write !== null) {
      shape.write(object, this);
    } else {
      shape.used();
      this.values(object, shape.names);
    }
    this.depth--;
  }

  private shapeOf(names: readonly string[]): Shape | null {
    const last = this.shape;
    let shape: Shape | null = last.next;
    if (!shape.matches(names)) {
      shape = this.shapes.find(names);
      if (shape === null) return null;
    }
    last.next = shape;
    this.shape = shape;
    return shape;
  }

  private define(shape: Shape): void {
    shape.epoch = this.epoch;
    shape.index = this.shapeCount++;
    this.tag(Tag.NewShape);
    this.sink.varint(shape.names.length);
    for (const name of shape.names) writeString(this.sink, name);
  }

  private values(object: PlainObject, names: readonly string[]): void {
    let i = 0;
    try {
      for (; i < names.length; i++) this.value(object[names[i]!]);
    } catch (error) {
      fail(error, property(names[i]!));
    }
  }

  private deepValues(object: PlainObject, names: readonly string[]): void {
    for (const name of names) this.deep(object[name], property(name));
  }

  /** Names and values, without their count's tag. */
  record(object: PlainObject, names: readonly string[]): void {
    this.sink.varint(names.length);
    const isDeep = this.enter();
    for (const name of names) {
      writeString(this.sink, name);
      if (isDeep) this.deep(object[name], property(name));
      else this.part(object[name], property, name);
    }
    this.leave();
  }

  // ---- arrays

  private array(array: readonly unknown[]): void {
    if (types.isProxy(array)) throw notEncodable(array);
    const isNamed = hasNamedProperties(array);
    if (!isNamed && isPackable(array)) {
      writePacked(this, array, this.options.outOfBandBytes);
      return;
    }
    this.tag(isNamed ? Tag.NamedArray : Tag.Array);
    this.sink.varint(array.length);
    const isDeep = this.enter();
    if (isDeep) this.deepElements(array);
    else this.elements(array);
    if (isNamed)
      this.record(
        array as unknown as PlainObject,
        Object.keys(array).filter((name) => !isIndex(name)),
      );
    this.leave();
  }

  private elements(array: readonly unknown[]): void {
    let i = 0;
    try {
      for (const n = array.length; i < n; i++) {
        const item = array[i];
        if (item === undefined && !Object.hasOwn(array, i)) {
          this.sparseRest(array, i);
          return;
        }
        this.value(item);
      }
    } catch (error) {
      fail(error, element(i));
    }
  }

  private deepElements(array: readonly unknown[]): void {
    for (let i = 0; i < array.length; i++) {
      if (!Object.hasOwn(array, i)) {
        this.sparseRest(array, i);
        return;
      }
      this.deep(array[i], element(i));
    }
  }

  /** The elements from the first hole on, by what exists: a length of a billion says nothing. */
  private sparseRest(array: readonly unknown[], from: number): void {
    const indices: number[] = [];
    for (const name of Object.keys(array)) {
      if (!isIndex(name)) break;
      const index = Number(name);
      if (index > from) indices.push(index);
    }
    this.tag(Tag.SparseRest);
    this.sink.varint(indices.length);
    const isDeep = this.depth > DEFER_DEPTH;
    let at = from;
    for (const index of indices) {
      this.sink.varint(index - at);
      at = index;
      if (isDeep) this.deep(array[index], element(index));
      else this.part(array[index], element, index);
    }
  }

  // ---- all other objects

  private other(object: object, prototype: object | null): void {
    if (prototype === null) {
      if (types.isProxy(object) || types.isModuleNamespaceObject(object)) throw notEncodable(object);
      if (this.isKnown(object)) return;
      this.tag(Tag.NullRecord);
      this.record(object as PlainObject, Object.keys(object));
      return;
    }
    const write = builtinWriter(prototype);
    if (write !== undefined) {
      if (this.isKnown(object)) return;
      write(this, object);
      return;
    }
    const dependency = this.options.dependencyOf?.(object) ?? -1;
    if (dependency >= 0) {
      this.tag(Tag.Dependency);
      this.sink.varint(dependency);
      return;
    }
    const local = localPrototype(prototype);
    if (local === Object.prototype) {
      if (!this.isKnown(object)) this.plain(object as PlainObject);
    } else if (local === Array.prototype && Array.isArray(object)) {
      if (!this.isKnown(object)) this.array(object);
    } else if (local !== null) {
      this.other(object, local);
    } else {
      this.extended(object);
    }
  }

  private extended(object: object): void {
    const extension = this.options.extensions.find((each) => each.claims(object));
    if (extension === undefined) {
      if (!types.isNativeError(object) || types.isProxy(object)) throw notEncodable(object);
      if (!this.isKnown(object)) writeError(this, object);
      return;
    }
    if (this.isKnown(object)) return;
    this.tag(Tag.Extension);
    this.varint(extension.id);
    this.enter();
    extension.encode(object, this);
    this.leave();
  }

  // ---- nesting

  /** Tells whether the parts of what is entered have to be deferred. */
  enter(): boolean {
    if (++this.depth > MAX_DEPTH) throw tooDeep();
    return this.depth > DEFER_DEPTH;
  }

  leave(): void {
    this.depth--;
  }

  /** Writes a part, and where it is if that fails. */
  part<K>(value: unknown, segment: (key: K) => string, key: K): void {
    try {
      this.value(value);
    } catch (error) {
      fail(error, segment(key));
    }
  }

  /** Writes a part of something at the deferral depth: a primitive at once, anything else after the root. */
  deep(value: unknown, segment: string): void {
    if ((typeof value === "object" && value !== null) || typeof value === "function") {
      this.tag(Tag.Deferred);
      this.deferred.push(value);
      return;
    }
    this.part(value, () => segment, undefined);
  }

  private writeDeferred(): void {
    this.flags |= Flag.Deferred;
    const queue = this.deferred;
    // Grows while it is worked off.
    for (let i = 0; i < queue.length; i++) {
      const value = queue[i];
      queue[i] = undefined;
      this.depth = 0;
      this.part(value, () => "…", undefined);
    }
    this.deferred = [];
  }

  failedWithin(error: unknown, name: string): never {
    fail(error, property(name));
  }

  // ---- buffers

  /** Index of an out-of-band buffer. */
  putOutOfBand(bytes: Uint8Array): number {
    this.out ??= [];
    return this.out.push(bytes) - 1;
  }

  /** The extent that has this range, and whether it is still to be written. */
  extent(buffer: ArrayBufferLike, start: number, end: number, width: number, whole: boolean): Extent {
    this.extents ??= new Extents();
    return this.extents.locate(buffer, start, end, width, whole);
  }

  newExtent(extent: Extent): void {
    this.extents!.number(extent);
    writeNewExtent(this, extent, this.options.outOfBandBytes);
  }
}

/** Passes an error on, with the place it came through. */
function fail(error: unknown, segment: string): never {
  if (error instanceof EncodingFailure) error.within(segment);
  throw error;
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message === "Maximum call stack size exceeded";
}
