import { types } from "node:util";
import { errorClass } from "../errors.js";
import type { GraphWriter } from "./graph-writer.js";
import { ERROR_CLASSES, errorKind, VIEW_CLASSES } from "./kinds.js";
import { entry, property } from "./path.js";
import { Tag } from "./tags.js";
import { changing, notEncodable } from "./unencodable.js";
import { writeArrayBuffer, writeView } from "./write-buffers.js";

/**
 * Writes an object whose prototype is that of a builtin class. It need not be of that class (`Object.create(Map.prototype)`), so
 * each checks before it touches internal slots.
 */
export type BuiltinWriter = (writer: GraphWriter, object: object) => void;

const WRITERS = new Map<object, BuiltinWriter>([
  [Map.prototype, writeMap],
  [Set.prototype, writeSet],
  [Date.prototype, writeDate],
  [RegExp.prototype, writeRegExp],
  [URL.prototype, writeUrl],
  [ArrayBuffer.prototype, writeArrayBuffer],
  [SharedArrayBuffer.prototype, writeArrayBuffer],
  [DOMException.prototype, writeDomException],
]);
for (const { prototype } of [Number, String, Boolean, BigInt, Symbol]) {
  WRITERS.set(prototype, (writer, object) => {
    writeBoxed(writer, object, prototype);
  });
}
for (const type of ERROR_CLASSES) WRITERS.set(type.prototype, writeError);
VIEW_CLASSES.forEach((type, kind) => {
  WRITERS.set(type.prototype as object, (writer, object) => {
    writeView(writer, object, kind);
  });
});

export function builtinWriter(prototype: object): BuiltinWriter | undefined {
  return WRITERS.get(prototype);
}

function writeMap(writer: GraphWriter, map: object): void {
  if (!types.isMap(map)) throw notEncodable(map);
  writer.tag(Tag.Map);
  const { size } = map;
  writer.varint(size);
  const isDeep = writer.enter();
  let index = 0;
  for (const [key, value] of map) {
    writer.part(key, (i) => `.keys()[${String(i)}]`, index);
    if (isDeep) writer.deep(value, entry(key, index));
    else writer.part(value, (i) => entry(key, i), index);
    index++;
  }
  if (index !== size) throw changing();
  writer.leave();
}

function writeSet(writer: GraphWriter, set: object): void {
  if (!types.isSet(set)) throw notEncodable(set);
  writer.tag(Tag.Set);
  const { size } = set;
  writer.varint(size);
  writer.enter();
  let index = 0;
  for (const item of set) writer.part(item, (i) => `.values()[${String(i)}]`, index++);
  if (index !== size) throw changing();
  writer.leave();
}

function writeDate(writer: GraphWriter, date: object): void {
  if (!types.isDate(date)) throw notEncodable(date);
  writer.tag(Tag.Date);
  writer.number(Date.prototype.getTime.call(date));
}

function writeRegExp(writer: GraphWriter, regExp: object): void {
  if (!types.isRegExp(regExp)) throw notEncodable(regExp);
  writer.tag(Tag.RegExp);
  writer.string(regExp.source);
  writer.string(regExp.flags);
  writer.number(Number(regExp.lastIndex));
}

function writeUrl(writer: GraphWriter, url: object): void {
  let href: string;
  try {
    href = (url as URL).href;
  } catch {
    throw notEncodable(url);
  }
  writer.tag(Tag.Url);
  writer.string(href);
}

function writeBoxed(writer: GraphWriter, boxed: object, prototype: { valueOf(): unknown }): void {
  if (!types.isBoxedPrimitive(boxed)) throw notEncodable(boxed);
  writer.tag(Tag.Boxed);
  writer.value(prototype.valueOf.call(boxed));
}

/** How to write an error of a class that nobody claims: as its builtin base. Undefined for anything but errors. */
export function errorWriter(object: object): BuiltinWriter | undefined {
  if (types.isNativeError(object)) return writeError;
  return object instanceof DOMException && !types.isProxy(object) ? writeDomException : undefined;
}

/** Kind, registered class, name unless it is the kind's or an own property, stack, own properties. */
function writeError(writer: GraphWriter, object: object): void {
  if (!types.isNativeError(object)) throw notEncodable(object);
  const error = object;
  const prototype = Object.getPrototypeOf(error) as object;
  const kind = errorKind(prototype);
  const name = Object.hasOwn(error, "name") ? "" : String(error.name);
  writer.tag(Tag.Error);
  writer.varint(kind);
  writer.string(registeredName(error));
  writer.string(name === ERROR_CLASSES[kind]!.name ? "" : name);
  writeOwn(writer, error);
}

function writeDomException(writer: GraphWriter, object: object): void {
  if (!(object instanceof DOMException)) throw notEncodable(object);
  let name: string;
  try {
    name = object.name;
  } catch {
    throw notEncodable(object);
  }
  writer.tag(Tag.DomException);
  writer.string(name);
  writer.string(object.message);
  writeOwn(writer, object);
}

/** Name of the registered class of a Heddle error, or nothing. */
function registeredName(error: Error): string {
  const name: unknown = (error as { constructor?: { name?: unknown } }).constructor?.name;
  if (typeof name !== "string") return "";
  const type = errorClass(name);
  return type !== undefined && error instanceof type ? name : "";
}

/**
 * The stack (empty if there is none), and the own properties: name, whether it is enumerable, value. `message` and `cause` are own
 * properties where they exist.
 */
function writeOwn(writer: GraphWriter, error: Error): void {
  const { stack } = error as { stack?: unknown };
  writer.string(typeof stack === "string" ? stack : "");
  const names = Object.getOwnPropertyNames(error).filter((name) => name !== "stack");
  writer.varint(names.length);
  writer.enter();
  for (const name of names) {
    writer.string(name);
    writer.varint(Object.prototype.propertyIsEnumerable.call(error, name) ? 1 : 0);
    writer.part((error as unknown as Record<string, unknown>)[name], property, name);
  }
  writer.leave();
}
