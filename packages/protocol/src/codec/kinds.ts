import { localPrototype } from "./realms.js";

// Builtin classes by their number on the wire. Append only.

type Prototype = object;

export const VIEW_CLASSES = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
  Buffer,
] as const;
export const UINT8_ARRAY = VIEW_CLASSES.indexOf(Uint8Array);
export const DATA_VIEW = VIEW_CLASSES.indexOf(DataView);
export const NODE_BUFFER = VIEW_CLASSES.indexOf(Buffer);

/** Element size of each view class as a power of two. */
export const VIEW_WIDTHS = [0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 0, 0] as const;

export const ERROR_CLASSES = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
] as const;

const errorKinds = new Map<Prototype, number>(ERROR_CLASSES.map((type, kind) => [type.prototype, kind]));

/** Number of the builtin class of error that a prototype is or descends from. */
export function errorKind(prototype: Prototype): number {
  for (let at: Prototype | null = prototype; at !== null; at = Object.getPrototypeOf(at) as Prototype | null) {
    const kind = errorKinds.get(localPrototype(at) ?? at);
    if (kind !== undefined) return kind;
  }
  return 0;
}
