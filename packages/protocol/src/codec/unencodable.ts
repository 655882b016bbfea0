import { types } from "node:util";
import { EncodingFailure } from "./path.js";

/** The failure for a value that cannot be encoded: what it is, and what to do instead. */
export function notEncodable(value: unknown): EncodingFailure {
  const [problem, hint] = describe(value);
  return new EncodingFailure("HEDDLE_VALUE_NOT_ENCODABLE", problem, hint);
}

export function tooDeep(): EncodingFailure {
  return new EncodingFailure(
    "HEDDLE_VALUE_TOO_DEEP",
    "is nested too deeply inside sets, map keys, errors or extensions",
    "Flatten the data: keep the parts in an array and refer to them by index.",
  );
}

export function changing(): EncodingFailure {
  return new EncodingFailure(
    "HEDDLE_VALUE_NOT_ENCODABLE",
    "changes while it is encoded",
    "One of its getters changes it, or returns other buffers each time: pass a copy without getters.",
  );
}

export function detached(): EncodingFailure {
  return new EncodingFailure(
    "HEDDLE_VALUE_NOT_ENCODABLE",
    "is a view on memory that is gone, or that memory itself",
    "Its ArrayBuffer was transferred elsewhere or shrunk: pass a copy there, or use it before.",
  );
}

/** The value, as the end of "it ...", and a sentence of advice. */
function describe(value: unknown): [problem: string, hint: string] {
  if (typeof value === "symbol") {
    return [`is the unique symbol ${String(value)}`, "Use a string, or a registered symbol: Symbol.for(name)."];
  }
  if (typeof value === "function") {
    const name = value.name === "" ? "an anonymous function" : `the function ${value.name}`;
    return [`is ${name}`, "Pass data instead: code travels as the function of a task."];
  }
  if (typeof value !== "object" || value === null) return [`is ${String(value)}`, "It is no value Heddle knows."];

  if (types.isProxy(value)) return ["is a Proxy", "Pass a plain copy of what it stands for, such as { ...value }."];
  if (types.isPromise(value)) return ["is a Promise", "Await it first."];
  if (types.isWeakMap(value) || types.isWeakSet(value) || value instanceof WeakRef) {
    return [
      `is a ${nameOf(value)}`,
      "Weak references do not reach other processes: use a Map, a Set or the object itself.",
    ];
  }
  if (types.isGeneratorObject(value)) return ["is a generator", "Collect what it yields: [...generator]."];
  if (types.isMapIterator(value) || types.isSetIterator(value))
    return ["is an iterator", "Collect what it yields: [...iterator]."];
  if (types.isExternal(value) || types.isModuleNamespaceObject(value)) {
    return ["is a module or a native handle", "It belongs to this process: import or open it where it is used."];
  }
  if (typeof (value as { then?: unknown }).then === "function")
    return [`is thenable (a ${nameOf(value)})`, "Await it first."];
  if (typeof (value as { pipe?: unknown }).pipe === "function") {
    return [`is a stream (a ${nameOf(value)})`, "Read it first, or open it where it is used."];
  }
  return [
    `is an instance of ${nameOf(value)}, which the receiving side cannot rebuild`,
    "Pass a plain object with its data, and make the instance where it is used.",
  ];
}

function nameOf(value: object): string {
  const constructor: unknown = (value as { constructor?: unknown }).constructor;
  return typeof constructor === "function" && constructor.name !== ""
    ? `class ${constructor.name}`
    : "an unnamed class";
}
