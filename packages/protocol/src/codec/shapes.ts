/**
 * Shapes: the names of a plain object's properties, in order. A value defines each of its shapes once; objects then carry values
 * only. Both sides keep the shapes they met, with code generated for those met often: property access compiled for one shape is
 * monomorphic, and takes a fraction of `object[name]`.
 */

/** Objects with more properties than this are dictionaries rather than records, and carry their names. */
const MAX_SHAPE_NAMES = 128;
/** More names than this in all shapes, and objects make up names as they go; then shapes do not pay. */
const MAX_NODES = 8192;
/** Compiling takes some 30 µs. */
const COMPILE_AFTER = 100;
const MAX_COMPILED_NAMES = 64;

export type PlainObject = Record<string, unknown>;

/** What generated code calls for each property. */
export interface ItemWriter {
  value(value: unknown): void;
  /** Throws the error, with the name of the property that could not be written. */
  failedWithin(error: unknown, name: string): never;
}
export interface ItemReader {
  value(): unknown;
}

export class Shape {
  /** Index in the value being encoded, if `epoch` is that value's. */
  index = 0;
  epoch = 0;
  /** The shape that followed this one last time: a good guess at the next. */
  next: Shape = this;
  /** The bytes that define it, once they were written or read: its names, as string items behind their count. */
  definition: Uint8Array | null = null;
  /** The shape whose definition followed this one's last time. */
  nextDefined: Shape | null = null;
  private writes = 0;
  private reads = 0;
  /** Writes the values of an object of this shape. Null until {@link Shape.writer} compiles it. */
  write: Write | null = null;
  /** Reads the values of a new object of this shape. Null until {@link Shape.reader} compiles it. */
  read: Read | null = null;

  constructor(readonly names: readonly string[]) {}

  matches(names: readonly string[]): boolean {
    const mine = this.names;
    if (mine.length !== names.length) return false;
    for (let i = 0; i < mine.length; i++) if (mine[i] !== names[i]) return false;
    return true;
  }

  /** Counts a use, and compiles {@link Shape.write} once it pays. */
  writer(): Write | null {
    if (++this.writes === COMPILE_AFTER && this.isCompilable()) this.write = compileWrite(this.names);
    return this.write;
  }

  /** Counts a use, and compiles {@link Shape.read} once it pays. */
  reader(): Read | null {
    if (++this.reads === COMPILE_AFTER && this.isCompilable()) this.read = compileRead(this.names);
    return this.read;
  }

  private isCompilable(): boolean {
    // In an object literal, __proto__ is not a property.
    return this.names.length <= MAX_COMPILED_NAMES && !this.names.includes("__proto__");
  }
}

/** Null where code generation is forbidden (`--disallow-code-generation-from-strings`): then the names are looped over. */
function compile<F>(parameter: string, body: string): F | null {
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- see the module's comment
    return new Function(parameter, body) as F;
  } catch {
    return null;
  }
}

// Names become string literals by JSON.stringify, so that no name can become code.

type Write = (object: PlainObject, writer: ItemWriter) => void;
type Read = (reader: ItemReader) => PlainObject;

function compileWrite(names: readonly string[]): Write | null {
  const lines = names.map((name, i) => `i = ${String(i)}; writer.value(object[${JSON.stringify(name)}]);`);
  const body = `return function write(object, writer) {
  let i = 0;
  try {
    ${lines.join("\n    ")}
  } catch (error) {
    writer.failedWithin(error, names[i]);
  }
}`;
  return compile<(names: readonly string[]) => Write>("names", body)?.(names) ?? null;
}

function compileRead(names: readonly string[]): Read | null {
  const properties = names.map((name) => `${JSON.stringify(name)}: reader.value()`);
  return compile<Read>("reader", `return { ${properties.join(", ")} };`);
}

interface Node {
  shape: Shape | null;
  children: Map<string, Node> | null;
}

/** All shapes met, as a tree of names. */
export class ShapeTable {
  private root: Node = { shape: null, children: null };
  private size = 0;

  /** The shape with these names, or null if those are too many. */
  find(names: readonly string[]): Shape | null {
    if (names.length > MAX_SHAPE_NAMES) return null;
    let node = this.root;
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      let child = node.children?.get(name);
      if (child === undefined) {
        if (this.size >= MAX_NODES) return null;
        this.size++;
        child = { shape: null, children: null };
        (node.children ??= new Map()).set(name, child);
      }
      node = child;
    }
    return (node.shape ??= new Shape(names.slice()));
  }

  /** Starts anew if it is full, so that shapes of long ago do not shut out those of today. Not within a value. */
  renew(): void {
    if (this.size < MAX_NODES) return;
    this.root = { shape: null, children: null };
    this.size = 0;
  }
}
