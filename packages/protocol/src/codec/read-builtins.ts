import { errorClass } from "../errors.js";
import { malformed } from "./errors.js";
import type { GraphReader } from "./graph-reader.js";
import { ERROR_CLASSES } from "./kinds.js";

export function readMap(reader: GraphReader): Map<unknown, unknown> {
  const n = reader.count(2);
  const map = reader.known(new Map<unknown, unknown>());
  for (let i = 0; i < n; i++) {
    const key = reader.value();
    if (reader.isDeferred()) {
      // The entry has its place in the order already.
      map.set(key, undefined);
      reader.deferEntry(map, key);
    } else {
      map.set(key, reader.value());
    }
  }
  return map;
}

export function readSet(reader: GraphReader): Set<unknown> {
  const n = reader.count(1);
  const set = reader.known(new Set<unknown>());
  for (let i = 0; i < n; i++) set.add(reader.value());
  return set;
}

export function readDate(reader: GraphReader): Date {
  return reader.known(new Date(reader.number()));
}

export function readRegExp(reader: GraphReader): RegExp {
  const regExp = new RegExp(reader.string(), reader.string());
  regExp.lastIndex = reader.number();
  return reader.known(regExp);
}

export function readUrl(reader: GraphReader): URL {
  return reader.known(new URL(reader.string()));
}

export function readBoxed(reader: GraphReader): unknown {
  const index = reader.pending();
  const value = reader.value();
  if (
    (typeof value === "object" && value !== null) ||
    typeof value === "function" ||
    value === undefined ||
    value === null
  ) {
    throw malformed("a boxed primitive holds no primitive");
  }
  return reader.settle(index, Object(value));
}

export function readError(reader: GraphReader): Error {
  const type = ERROR_CLASSES[reader.varint()];
  if (type === undefined) throw malformed("an unknown kind of error");
  const registered = errorClass(reader.string());
  const name = reader.string();
  const error = withoutStack(() => new Error());
  const prototype: unknown = registered?.prototype ?? type.prototype;
  if (prototype !== Error.prototype) Object.setPrototypeOf(error, prototype as object);
  reader.known(error);
  readOwn(reader, error);
  if (name !== "" && error.name !== name) hide(error, "name", name);
  return error;
}

export function readDomException(reader: GraphReader): DOMException {
  const name = reader.string();
  const message = reader.string();
  const error = reader.known(withoutStack(() => new DOMException(message, name)));
  readOwn(reader, error);
  return error;
}

function readOwn(reader: GraphReader, error: Error): void {
  const stack = reader.string();
  // Absent rather than that of the decoder.
  if (stack === "") delete error.stack;
  else hide(error, "stack", stack);
  const n = reader.count(3);
  for (let i = 0; i < n; i++) {
    const name = reader.string();
    const enumerable = reader.varint() === 1;
    Object.defineProperty(error, name, { value: reader.value(), writable: true, enumerable, configurable: true });
  }
}

function hide(error: Error, name: string, value: string): void {
  Object.defineProperty(error, name, { value, writable: true, enumerable: false, configurable: true });
}

/** Capturing a stack that will be replaced takes longer than all the rest. */
function withoutStack<E extends Error>(make: () => E): E {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}
