import type { GraphReader } from "./graph-reader.js";
import { malformed } from "./errors.js";
import { Shape, type PlainObject } from "./shapes.js";
import { readString } from "./strings.js";

/** A shape's definition and the first object of it. */
export function readNewShape(reader: GraphReader): PlainObject {
  const n = reader.count(1);
  const names = new Array<string>(n);
  for (let i = 0; i < n; i++) names[i] = readString(reader);
  const shape = reader.shapeTable.find(names) ?? new Shape(names);
  return readShaped(reader, reader.shapes.push(shape) - 1);
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
