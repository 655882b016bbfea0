import { CodecError, malformed } from "./errors.js";
import { ByteSource } from "./byte-source.js";
import { NO_BUFFERS } from "./encoded-value.js";
import type { CodecExtension, ValueReader } from "./extension.js";
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
import { readExtent, readExtentBuffer, readView, type ReadExtent } from "./read-buffers.js";
import { Shape, ShapeTable, type ItemReader, type PlainObject } from "./shapes.js";
import { readLongString, readShortAscii, readString } from "./strings.js";
import { Flag, SHORT_ASCII, SMALL_INT, SMALL_SHAPE, Tag } from "./tags.js";

const KNOWN_FLAGS = Flag.References | Flag.Deferred;

/** An object whose decoding has begun but which does not exist yet. */
const PENDING = Symbol("pending");

/** A place whose item follows after the root. */
type DeferredPlace =
  | { readonly kind: "property"; readonly holder: object; readonly key: string | number }
  | { readonly kind: "entry"; readonly holder: Map<unknown, unknown>; readonly key: unknown };

/** Reads graphs of objects, one at a time: the walk behind {@link ValueDecoder}. */
export class GraphReader extends ByteSource implements ValueReader, ItemReader {
  buffers: readonly Uint8Array[] = NO_BUFFERS;
  private dependencies: ((index: number) => unknown) | undefined;
  /** Whether objects are numbered. */
  private tracks = false;
  private defers = false;
  private objects: unknown[] = [];
  private readonly shapeTable = new ShapeTable();
  private shapes: Shape[] = [];
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
    this.buffers = buffers;
    this.dependencies = dependencies;
    try {
      const flags = this.byte();
      if ((flags & ~KNOWN_FLAGS) !== 0 || flags === undefined) throw malformed("its first byte is unknown");
      this.tracks = (flags & Flag.References) !== 0;
      this.defers = (flags & Flag.Deferred) !== 0;
      const value = this.value();
      if (this.defers) this.readDeferred();
      this.finish();
      return value;
    } catch (error) {
      if (error !== undefined && error === this.foreignError) throw error;
      if (error instanceof CodecError) throw error;
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
    if (tag >= SMALL_SHAPE) return this.shaped(tag - SMALL_SHAPE);
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
        return this.array();
      case Tag.PackedArray:
        return this.known(readPackedArray(this));
      case Tag.NewShape:
        return this.newShape();
      case Tag.Shaped:
        return this.shaped(this.varint());
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
      case Tag.NamedArray: {
        const array = this.array();
        this.record(array as unknown as PlainObject);
        return array;
      }
      case Tag.PackedBuffer:
        return this.known(readPackedBuffer(this, this.buffers));
      case Tag.Record:
        return this.record(this.known({}));
      case Tag.NullRecord:
        return this.record(this.known(Object.create(null) as PlainObject));
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
        return this.usesExtent(this.byte());
      case Tag.NewView: {
        const kind = this.byte();
        const extent = readExtent(this);
        return this.known(readView(kind, extent, 0, extent.length));
      }
      case Tag.View:
      case Tag.Buffer:
        return this.usesExtent(tag);
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

  // ---- plain objects

  private newShape(): PlainObject {
    const n = this.count(1);
    const names = new Array<string>(n);
    for (let i = 0; i < n; i++) names[i] = readString(this);
    return this.shaped(this.shapes.push(this.shapeTable.find(names) ?? new Shape(names)) - 1);
  }

  private shaped(index: number): PlainObject {
    const shape = this.shapes[index];
    if (shape === undefined) throw malformed("it uses a shape that is not defined");
    if (!this.tracks && !this.defers && shape.read !== null) return shape.read(this);
    shape.used();
    const object = this.known<PlainObject>({});
    for (const name of shape.names) this.property(object, name);
    return object;
  }

  /** Names and values. */
  private record<T extends PlainObject>(object: T): T {
    const n = this.count(2);
    for (let i = 0; i < n; i++) this.property(object, readString(this));
    return object;
  }

  private property(object: PlainObject, name: string): void {
    let value: unknown;
    if (this.isDeferred()) this.deferred.push({ kind: "property", holder: object, key: name });
    else value = this.value();
    if (name === "__proto__") define(object, name, value);
    else object[name] = value;
  }

  // ---- arrays

  private array(): unknown[] {
    const n = this.varint();
    const array = this.known<unknown[]>([]);
    for (let i = 0; i < n; i++) {
      const tag = this.data[this.pos];
      if (tag === Tag.SparseRest) {
        this.pos++;
        this.sparseRest(array, n);
        break;
      }
      if (this.isDeferred()) {
        this.deferred.push({ kind: "property", holder: array, key: i });
        array.push(undefined);
      } else {
        array.push(this.value());
      }
    }
    return array;
  }

  private sparseRest(array: unknown[], length: number): void {
    if (length >= 2 ** 32) throw malformed("an array is longer than arrays can be");
    const count = this.count(2);
    let at = array.length;
    setSparseLength(array, length);
    for (let i = 0; i < count; i++) {
      at += this.varint();
      if (at >= length) throw malformed("an array has an element past its end");
      if (this.isDeferred()) {
        this.deferred.push({ kind: "property", holder: array, key: at });
        array[at] = undefined;
      } else {
        array[at] = this.value();
      }
    }
  }

  // ---- deferred places

  /** Tells, and skips, the mark of a place whose item comes later. */
  isDeferred(): boolean {
    if (!this.defers || this.data[this.pos] !== Tag.Deferred) return false;
    this.pos++;
    return true;
  }

  deferEntry(map: Map<unknown, unknown>, key: unknown): void {
    this.deferred.push({ kind: "entry", holder: map, key });
  }

  private readDeferred(): void {
    // Grows while it is worked off.
    for (const place of this.deferred) {
      const value = this.value();
      if (place.kind === "entry") place.holder.set(place.key, value);
      else define(place.holder, place.key, value);
    }
  }

  // ---- buffers

  private usesExtent(tag: number): unknown {
    if (tag === Tag.View) {
      const kind = this.byte();
      const extent = this.extentAt(this.varint());
      return this.known(readView(kind, extent, this.varint(), this.varint()));
    }
    if (tag === Tag.Buffer) return this.known(readExtentBuffer(this.extentAt(this.varint())));
    throw malformed("a buffer nobody uses");
  }

  private extentAt(index: number): ReadExtent {
    const extent = this.extents[index];
    if (extent === undefined) throw malformed("it uses bytes that are not there");
    return extent;
  }

  bytes(): Uint8Array {
    const place = this.varint();
    if (place > 0) {
      const buffer = this.buffers[place - 1];
      if (buffer === undefined) throw malformed("a buffer is missing");
      return buffer;
    }
    const n = this.count(1);
    this.pos += n;
    return Uint8Array.prototype.slice.call(this.data, this.pos - n, this.pos);
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

/** As an own property, whatever the prototype has under that name. */
function define(holder: object, key: string | number, value: unknown): void {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Sets a length for which no memory may be reserved. */
function setSparseLength(array: unknown[], length: number): void {
  if (length === array.length) return;
  // Setting `length` alone reserves that much; an element far out makes V8 store the array by index.
  array[length - 1] = undefined;
  // eslint-disable-next-line @typescript-eslint/no-array-delete -- a hole is what is wanted
  delete array[length - 1];
}
