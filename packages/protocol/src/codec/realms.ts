/**
 * Builtins of another realm. A `node:vm` context (test runners run tests in one) has its own Object, Array, Map, ...; their
 * instances are ordinary data, though no prototype of this realm is theirs.
 */

const LOCAL = new Map<string, object>(
  [Object, Array, Map, Set, Date, RegExp, Number, String, Boolean, BigInt, ArrayBuffer, SharedArrayBuffer]
    .concat([Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array] as never[])
    .concat([Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView] as never[])
    .concat([Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError] as never[])
    .map((type) => [type.name, type.prototype as object]),
);

const known = new WeakMap<object, object | null>();

/** This realm's prototype for another realm's builtin prototype; null for any other object. */
export function localPrototype(prototype: object): object | null {
  let local = known.get(prototype);
  if (local === undefined) known.set(prototype, (local = lookUp(prototype)));
  return local;
}

function lookUp(prototype: object): object | null {
  const type: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  if (typeof type !== "function" || type.prototype !== prototype) return null;
  const local = LOCAL.get(type.name);
  if (local === undefined || local === prototype) return null;
  // A class that merely has a builtin's name shows its source here.
  const isNative = Function.prototype.toString.call(type) === `function ${type.name}() { [native code] }`;
  return isNative ? local : null;
}
