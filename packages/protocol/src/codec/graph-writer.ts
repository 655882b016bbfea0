import { types } from "node:util";
import { ByteSink } from "./byte-sink.js";
import { NO_BUFFERS, type EncodedValue } from "./encoded-value.js";
import { isStackOverflow } from "./errors.js";
import type { CodecExtension, ValueWriter } from "./extension.js";
import { Extents, type Extent } from "./extents.js";
import { IdentityTable } from "./identity.js";
import { ObjectWriter } from "./object-writer.js";
import { element, EncodingFailure, property } from "./path.js";
import { localPrototype } from "./realms.js";
import type { ItemWriter, PlainObject } from "./shapes.js";
import { writeString } from "./strings.js";
import { Flag, Place, SMALL_INT, Tag } from "./tags.js";
import { changing, notEncodable, tooDeep } from "./unencodable.js";
import { writeArray } from "./write-arrays.js";
import { builtinWriter, errorWriter } from "./write-builtins.js";
import { writeNewExtent } from "./write-buffers.js";

/** From this depth on, parts of objects, arrays and maps are deferred instead of recursed into. */
const DEFER_DEPTH = 250;
/** What cannot be deferred may nest this deep. The stack would hold several times as much. */
const MAX_DEPTH = 1000;
/** Two passes settle it, unless getters answer differently each time. */
const MAX_PASSES = 4;
/** A scratch buffer that grew beyond this for one huge value is not kept. */
const KEPT_SCRATCH_BYTES = 1024 * 1024;

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
  private readonly scratch = new ByteSink();
  private readonly identity = new IdentityTable();
  private flags = 0;
  private depth = 0;
  private deferDepth = DEFER_DEPTH;
  private deferred: unknown[] = [];
  private extents: Extents | null = null;
  readonly objects = new ObjectWriter(this);

  constructor(readonly options: WriterOptions) {}

  encode(value: unknown): EncodedValue {
    const { scratch } = this;
    try {
      this.write(value, scratch);
      return { head: scratch.copy(), buffers: this.takeBuffers() };
    } finally {
      scratch.reset(KEPT_SCRATCH_BYTES);
    }
  }

  /** Appends the head of a value and returns its length. On an error the sink is as it was. */
  write(value: unknown, sink: ByteSink): number {
    const start = sink.length;
    this.sink = sink;
    try {
      this.pass(value, start);
      for (let passes = 1; this.extents?.changed === true; passes++) {
        if (passes === MAX_PASSES) throw changing();
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
    this.deferDepth = DEFER_DEPTH;
    this.objects.startValue();
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
          if (!this.isKnown(value)) this.objects.write(value as PlainObject);
        } else if (prototype === Array.prototype && Array.isArray(value)) {
          if (!this.isKnown(value)) writeArray(this, value);
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
    this.varint(bytes.byteLength);
    this.content(bytes);
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

  // ---- all other objects

  private other(object: object, prototype: object | null): void {
    if (prototype === null) {
      if (types.isProxy(object) || types.isModuleNamespaceObject(object)) throw notEncodable(object);
      if (this.isKnown(object)) return;
      this.tag(Tag.NullRecord);
      this.objects.writeRecord(object as PlainObject, Object.keys(object));
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
      if (!this.isKnown(object)) this.objects.write(object as PlainObject);
    } else if (local === Array.prototype && Array.isArray(object)) {
      if (!this.isKnown(object)) writeArray(this, object);
    } else if (local !== null) {
      this.other(object, local);
    } else {
      this.extended(object);
    }
  }

  private extended(object: object): void {
    const extension = this.options.extensions.find((each) => each.claims(object));
    if (extension === undefined) {
      const write = errorWriter(object);
      if (write === undefined) throw notEncodable(object);
      if (!this.isKnown(object)) write(this, object);
      return;
    }
    if (this.isKnown(object)) return;
    this.tag(Tag.Extension);
    this.varint(extension.id);
    this.enter();
    const { deferDepth } = this;
    // An extension may need its parts as soon as it reads them.
    this.deferDepth = Infinity;
    extension.encode(object, this);
    this.deferDepth = deferDepth;
    this.leave();
  }

  // ---- nesting

  /** Tells whether the parts of what is entered have to be deferred. */
  enter(): boolean {
    if (++this.depth > MAX_DEPTH) throw tooDeep();
    return this.depth > this.deferDepth;
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

  failedAt(error: unknown, index: number): never {
    fail(error, element(index));
  }

  // ---- buffers

  /** Writes bytes whose number is written already: here, or out of band. */
  content(bytes: Uint8Array): void {
    if (bytes.byteLength >= this.options.outOfBandBytes) {
      this.tag(Place.OutOfBand);
      this.putOutOfBand(bytes);
    } else {
      this.tag(Place.Here);
      this.sink.append(bytes);
    }
  }

  putOutOfBand(bytes: Uint8Array): void {
    (this.out ??= []).push(bytes);
  }

  /** The extent that has this range, and whether it is still to be written. */
  extent(buffer: ArrayBufferLike, start: number, end: number, width: number, whole: boolean): Extent {
    this.extents ??= new Extents();
    return this.extents.locate(buffer, start, end, width, whole);
  }

  newExtent(extent: Extent): void {
    this.extents!.number(extent);
    writeNewExtent(this, extent);
  }
}

/** Passes an error on, with the place it came through. */
function fail(error: unknown, segment: string): never {
  if (error instanceof EncodingFailure) error.within(segment);
  throw error;
}
