import type { GraphReader } from "./graph-reader.js";
import { malformed } from "./errors.js";
import { Shape, type PlainObject } from "./shapes.js";
import { readString } from "./strings.js";

/** A shape's definition and the first object of it. */
export function readNewShape(reader: GraphReader): PlainObject {
  const shape = readDefinition(reader);
  reader.lastDefined = shape;
  return readShaped(reader, reader.shapes.push(shape) - 1);
}

/**
 * Values that come in a row tend to define the same shapes in the same order. So the bytes are compared with those of the
 * definition that is likely next, and only if they differ are the names read and looked up.
 */
function readDefinition(reader: GraphReader): Shape {
  const start = reader.pos;
  const { data, lastDefined } = reader;
  const likely = lastDefined.nextDefined;
  if (likely !== null && startsWith(data, start, likely.definition!)) {
    reader.pos = start + likely.definition!.length;
    return likely;
  }
  const n = reader.count(1);
  const names = new Array<string>(n);
  for (let i = 0; i < n; i++) names[i] = readString(reader);
  // Else the names are garbage.
  reader.finish();
  const shape = reader.shapeTable.find(names);
  if (shape === null) return new Shape(names);
  shape.definition = Uint8Array.from(data.subarray(start, reader.pos));
  lastDefined.nextDefined = shape;
  return shape;
}

function startsWith(data: Uint8Array, start: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (data[start + i] !== expected[i]) return false;
  return true;
}

/** An object of a shape that was defined. */
export function readShaped(reader: GraphReader, index: number): PlainObject {
  const shape = reader.shapes[index];
  if (shape === undefined) throw malformed("it uses a shape that is not defined");
  if (!reader.isLinked) {
    const read = shape.read ?? shape.reader();
    if (read !== null) return read(reader);
  }
  const object = reader.known<PlainObject>({});
  const { names } = shape;
  for (let i = 0; i < names.length; i++) readProperty(reader, object, names[i]!);
  return object;
}

/** Names and values. */
export function readRecord<T extends PlainObject>(reader: GraphReader, object: T): T {
  const n = reader.count(2);
  for (let i = 0; i < n; i++) readProperty(reader, object, readString(reader));
  return object;
}

function readProperty(reader: GraphReader, object: PlainObject, name: string): void {
  const value = reader.isDeferred() ? reader.deferProperty(object, name) : reader.value();
  if (name === "__proto__") defineProperty(object, name, value);
  else object[name] = value;
}

/** As an own property, whatever the prototype has under that name. */
export function defineProperty(object: object, name: string | number, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}
