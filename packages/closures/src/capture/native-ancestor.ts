import { intrinsicPath, isNative, isPrototypeOf } from "../intrinsics.js";
import { builtinModuleOf } from "../modules/live-exports.js";
import { ownConstructor, prototypeChain } from "../own-property.js";

/** Builtins whose state lives in ordinary properties, or is copied apart, so that subclasses of them can travel. */
const INHERITABLE = new Set([
  ...["Object", "Function", "Array", "Map", "Set", "Iterator", "Error", "AggregateError"],
  ...["TypeError", "RangeError", "SyntaxError", "ReferenceError", "EvalError", "URIError"],
  ...["%GeneratorFunction%", "%AsyncFunction%", "%AsyncGeneratorFunction%"],
  ...["%IteratorPrototype%", "%GeneratorPrototype%", "%AsyncGeneratorPrototype%"],
]);

/** Why an object cannot be taken apart: the builtin it inherits from, and Node's module for it where it has one. */
export interface NativeAncestor {
  /** "node:net" */
  readonly module: string | undefined;
}

/** The first ancestor that rests on native state; undefined when there is none. */
export function nativeAncestor(value: object): NativeAncestor | undefined {
  for (const proto of prototypeChain(value)) {
    if (isPrototypeOf(proto, "Object")) return undefined;
    const path = intrinsicPath(proto);
    if (path !== undefined && INHERITABLE.has(path[0]!)) continue;
    const constructor = ownConstructor(proto);
    const module = constructor === undefined ? undefined : builtinModuleOf(constructor);
    // An EventEmitter keeps its listeners in plain properties.
    if (module === "node:events") continue;
    if (module !== undefined || path !== undefined) return { module };
    if (constructor !== undefined && isNative(constructor)) return { module: undefined };
  }
  return undefined;
}
