import { CodecError, isStackOverflow, malformed, tooDeepToDecode } from "./errors.js";
import { ByteSource } from "./byte-source.js";
import { NO_BUFFERS } from "./encoded-value.js";
import type { CodecExtension, ValueReader } from "./extension.js";
import { readArray, readNamedArray, readSparseArray } from "./read-arrays.js";
import { defineProperty, readNewShape, readRecord, readShaped } from "./read-objects.js";
import { readPackedArray, readPackedBuffer } from "./packed.js";
import {
  readBoxed,
  readDate,
  readDomException,
  readError,
  readMap,
  readRegExp,
  readSet,
  readUrl,
} from "./read-builtins.js";
import { readBuffer, readExtent, readNewView, readView, type ReadExtent } from "./read-buffers.js";
import { Shape, ShapeTable, type ItemReader, type PlainObject } from "./shapes.js";
import { readShortAscii } from "./short-ascii.js";
import { readLongString, readString } from "./strings.js";
import { Flag, Place, SHORT_ASCII, SMALL_INT, SMALL_SHAPE, Tag } from "./tags.js";

const KNOWN_FLAGS = Flag.References | Flag.Deferred;

/** An object whose decoding has begun but which does not exist yet. */
const PENDING = Symbol("pending");

/** A place whose item follows after the root. */
type DeferredPlace =
  | { readonly kind: "property"; readonly holder: object; readonly key: string | number }
  | { readonly kind: "entry"; readonly holder: Map<unknown, unknown>; readonly key: unknown };

/** Reads graphs of objects, one at a time: the walk behind {@link ValueDecoder}. */
export class GraphReader extends ByteSource implements ValueReader, ItemReader {
  private buffers: readonly Uint8Array[] = NO_BUFFERS;
  private buffersTaken = 0;
  /** How many more array elements there can be: each takes a byte at least. */
  private unclaimed = 0;
  private dependencies: ((index: number) => unknown) | undefined;
  /** Whether objects are numbered. */
  private tracks = false;
  /** Whether anything but the place of an item refers to it, so that containers have to exist before their items are read. */
  isLinked = false;
  defers = false;
  private objects: unknown[] = [];
  readonly shapeTable = new ShapeTable();
  shapes: Shape[] = [];
  /** Precedes the first definition of any value. */
  private readonly noShape = new Shape([]);
  lastDefined = this.noShape;
  private deferred: DeferredPlace[] = [];
  extents: ReadExtent[] = [];
  /** Number of the object that the running extension decodes. */
  private remembering = -1;
  /** Thrown by code that is not ours: passed on as it is. */
  private foreignError: unknown = undefined;

  constructor(private readonly extensions: readonly (CodecExtension | undefined)[]) {
    super();
  }

  read(
    head: Uint8Array,
    buffers: readonly Uint8Array[],
    offset: number,
    dependencies: ((index: number) => unknown) | undefined,
  ): unknown {
    this.start(head, offset);
    this.shapeTable.renew();
    this.lastDefined = this.noShape;
    this.buffers = buffers;
    this.buffersTaken = 0;
    this.unclaimed = this.data.length - offset;
    this.dependencies = dependencies;
    try {
      const flags = this.byte();
      if ((flags & ~KNOWN_FLAGS) !== 0 || flags === undefined) throw malformed("its first byte is unknown");
      this.tracks = (flags & Flag.References) !== 0;
      this.defers = (flags & Flag.Deferred) !== 0;
      this.isLinked = this.tracks || this.defers;
      const value = this.value();
      if (this.defers) this.readDeferred();
      this.finish();
      return value;
    } catch (error) {
      if (error !== undefined && error === this.foreignError) throw error;
      if (error instanceof CodecError) throw error;
      if (isStackOverflow(error)) throw tooDeepToDecode();
      throw malformed("what it describes cannot be built", error);
    } finally {
      this.release();
    }
  }

  override release(): void {
    super.release();
    this.buffers = NO_BUFFERS;
    this.dependencies = undefined;
    this.foreignError = undefined;
    if (this.objects.length > 0) this.objects = [];
    if (this.shapes.length > 0) this.shapes = [];
    if (this.extents.length > 0) this.extents = [];
    if (this.deferred.length > 0) this.deferred = [];
  }

  // ---- any item

  value(): unknown {
    const tag = this.data[this.pos++]!;
    if (tag >= SMALL_INT) return tag & 0x7f;
    if (tag >= SMALL_SHAPE) return readShaped(this, tag - SMALL_SHAPE);
    if (tag >= SHORT_ASCII) return readShortAscii(this, tag - SHORT_ASCII);
    switch (tag) {
      case Tag.Null:
        return null;
      case Tag.Undefined:
        return undefined;
      case Tag.True:
        return true;
      case Tag.False:
        return false;
      case Tag.Int8:
        return (this.byte() << 24) >> 24;
      case Tag.Int16:
        return this.int16();
      case Tag.Int32:
        return this.int32();
      case Tag.Float64:
        return this.float64();
      case Tag.Ascii:
      case Tag.Utf8:
      case Tag.Utf16:
        return readLongString(this, tag);
      case Tag.Array:
        return readArray(this);
      case Tag.PackedArray:
        return this.known(readPackedArray(this));
      case Tag.NewShape:
        return readNewShape(this);
      case Tag.Shaped:
        return readShaped(this, this.varint());
      default:
        return this.rare(tag);
    }
  }

  private rare(tag: number): unknown {
    switch (tag) {
      case Tag.BigInt: {
        const isNegative = this.byte() === 1;
        const magnitude = BigInt("0x" + readString(this));
        return isNegative ? -magnitude : magnitude;
      }
      case Tag.Symbol:
        return Symbol.for(readString(this));
      case Tag.Reference:
        return this.reference();
      case Tag.Dependency:
        return this.dependency();
      case Tag.SparseArray:
        return readSparseArray(this);
      case Tag.NamedArray:
        return readNamedArray(this);
      case Tag.PackedBuffer:
        return this.known(readPackedBuffer(this));
      case Tag.Record:
        return readRecord(this, this.known({}));
      case Tag.NullRecord:
        return readRecord(this, this.known(Object.create(null) as PlainObject));
      case Tag.Map:
        return readMap(this);
      case Tag.Set:
        return readSet(this);
      case Tag.Date:
        return readDate(this);
      case Tag.RegExp:
        return readRegExp(this);
      case Tag.Url:
        return readUrl(this);
      case Tag.Boxed:
        return readBoxed(this);
      case Tag.Error:
        return readError(this);
      case Tag.DomException:
        return readDomException(this);
      case Tag.Extent:
        readExtent(this);
        // What uses it follows.
        return this.value();
      case Tag.NewView:
        return this.known(readNewView(this));
      case Tag.View:
        return this.known(readView(this));
      case Tag.Buffer:
        return this.known(readBuffer(this));
      case Tag.Extension:
        return this.extension();
      default:
        throw malformed(tag === undefined ? "the bytes end in the middle of it" : `unknown item ${String(tag)}`);
    }
  }

  string(): string {
    return readString(this);
  }

  /** A number item. */
  number(): number {
    const value = this.value();
    if (typeof value !== "number") throw malformed("a number is missing");
    return value;
  }

  /** Reserves room for items; without it a few bytes could announce arrays of any size. */
  claimItems(n: number): number {
    this.unclaimed -= n;
    if (this.unclaimed < 0) throw malformed("a length exceeds the bytes there are");
    return n;
  }

  // ---- identity

  /** Numbers an object that exists before its parts. */
  known<T>(object: T): T {
    if (this.tracks) this.objects.push(object);
    return object;
  }

  /** Numbers an object that will exist only after its parts; pass the number to {@link GraphReader.settle}. */
  pending(): number {
    return this.tracks ? this.objects.push(PENDING) - 1 : -1;
  }

  settle<T>(index: number, object: T): T {
    if (index >= 0) this.objects[index] = object;
    return object;
  }

  private reference(): unknown {
    const index = this.varint();
    if (index >= this.objects.length) throw malformed("it refers to an object that is not there");
    const object = this.objects[index];
    if (object === PENDING)
      throw malformed("an object refers to itself before it exists (an extension has to remember it)");
    return object;
  }

  private dependency(): unknown {
    const index = this.varint();
    if (this.dependencies === undefined) throw malformed("it takes the value of a dependency, and none were given");
    try {
      return this.dependencies(index);
    } catch (error) {
      this.foreignError = error;
      throw error;
    }
  }

  // ---- deferred places

  /** Tells, and skips, the mark of a place whose item comes later. */
  isDeferred(): boolean {
    if (!this.defers || this.data[this.pos] !== Tag.Deferred) return false;
    this.pos++;
    return true;
  }

  /** Returns what takes the place meanwhile. */
  deferProperty(holder: object, key: string | number): undefined {
    this.deferred.push({ kind: "property", holder, key });
  }

  deferEntry(map: Map<unknown, unknown>, key: unknown): void {
    this.deferred.push({ kind: "entry", holder: map, key });
  }

  private readDeferred(): void {
    // Grows while it is worked off.
    for (const place of this.deferred) {
      const value = this.value();
      if (place.kind === "entry") place.holder.set(place.key, value);
      else defineProperty(place.holder, place.key, value);
    }
  }

  // ---- buffers

  bytes(): Uint8Array {
    const n = this.varint();
    if (this.isOutOfBand()) return this.takeBuffer(n);
    this.expect(n);
    const bytes = new Uint8Array(n);
    this.copyTo(bytes);
    return bytes;
  }

  isOutOfBand(): boolean {
    const place = this.byte();
    if (place > Place.OutOfBand) throw malformed("bytes are in an unknown place");
    return place === Place.OutOfBand;
  }

  /** The next out-of-band buffer. */
  takeBuffer(byteLength: number): Uint8Array {
    const buffer = this.buffers[this.buffersTaken++];
    if (buffer === undefined) throw malformed("a buffer is missing");
    if (buffer.byteLength !== byteLength) throw malformed("a buffer has another size");
    return buffer;
  }

  // ---- extensions

  private extension(): unknown {
    const id = this.varint();
    const extension = this.extensions[id];
    if (extension === undefined) throw malformed(`it needs the codec extension ${String(id)}, which is not installed`);
    const index = this.pending();
    const outer = this.remembering;
    this.remembering = index;
    try {
      return this.settle(index, extension.decode(this));
    } catch (error) {
      if (!(error instanceof CodecError)) this.foreignError = error;
      throw error;
    } finally {
      this.remembering = outer;
    }
  }

  remember<T extends object>(object: T): T {
    return this.settle(this.remembering, object);
  }
}
