import { types } from "node:util";
import type { AnyNode } from "acorn";
import type { AnyFunction } from "../any-function.js";
import { intrinsicPath, isPrototypeOf } from "../intrinsics.js";
import { ownProperty } from "../own-property.js";
import { ENUMERABLE, type FunctionNode, type Node, type PropertyEntry } from "../wire/heads.js";
import type { Encoder } from "./encoder.js";
import type { BoundFunction } from "../inspect/function-internals.js";
import type { FunctionCode } from "./function-code.js";
import { integrityOf } from "../integrity.js";
import { encodeContent, encodeProperties, encodePrototype } from "./objects.js";

/** Own properties that sloppy functions have, and nobody can set. */
const UNSETTABLE = new Set<PropertyKey>(["caller", "arguments"]);

/** What is unusual about a function as an object: properties put on it, what it inherits from, and its prototype. */
export function encodeFunctionParts(encoder: Encoder, fn: AnyFunction, code: FunctionCode, node: FunctionNode): void {
  const usual = { length: parameterCount(code.analysis.node), name: undefined };
  const props = unusualProperties(encoder, fn, usual);
  if (!hasUsualPrototype(fn)) node.proto = encodeParent(encoder, fn);
  const prototype = ownProperty(fn, "prototype");
  if (prototype !== undefined) {
    encodeOwnPrototype(encoder, fn, prototype.value, node);
    if (prototype.writable === false && integrityOf(fn) !== "frozen")
      props.push(["prototype", { protoOf: encoder.refOf(fn)! }, prototype.enumerable === true ? ENUMERABLE : 0]);
  }
  if (props.length > 0) node.props = props;
}

export function encodeBoundParts(
  encoder: Encoder,
  fn: AnyFunction,
  { target, args }: BoundFunction,
  node: Extract<Node, { t: "bound" }>,
): void {
  const [length, name] = [ownProperty(target, "length")?.value, (target as { readonly name?: unknown }).name];
  const props = unusualProperties(encoder, fn, {
    length: typeof length === "number" ? Math.max(0, length - args.length) : 0,
    name: `bound ${typeof name === "string" ? name : ""}`,
  });
  if (props.length > 0) node.props = props;
  if (Object.getPrototypeOf(fn) !== Object.getPrototypeOf(target)) node.proto = encodeParent(encoder, fn);
}

function encodeParent(encoder: Encoder, fn: AnyFunction): ReturnType<Encoder["encode"]> {
  encoder.mutable = true;
  return encoder.encodeProperty(".__proto__", Object.getPrototypeOf(fn));
}

/** @param usual - what its length and name would be if nobody had changed them; name undefined: any, since it travels apart */
function unusualProperties(
  encoder: Encoder,
  fn: AnyFunction,
  usual: { readonly length: number; readonly name: string | undefined },
): PropertyEntry[] {
  const integrity = integrityOf(fn);
  const permanent = integrity === "frozen" || integrity === "sealed";
  const keys = Reflect.ownKeys(fn).filter((key) => {
    if (UNSETTABLE.has(key) || key === "prototype") return false;
    if (key !== "length" && key !== "name") return true;
    const { value, writable, enumerable, configurable } = ownProperty(fn, key)!;
    const isPlain = writable === false && enumerable === false && configurable === !permanent;
    const isExpected =
      key === "length"
        ? value === usual.length
        : usual.name === undefined
          ? typeof value === "string"
          : value === usual.name;
    return !isPlain || !isExpected;
  });
  if (keys.length === 0) return [];
  encoder.mutable = true;
  return encodeProperties(encoder, fn, keys);
}

/** The `length` a function has by its text. */
function parameterCount(node: FunctionCode["analysis"]["node"]): number {
  const fn: AnyNode = node.type === "Property" || node.type === "MethodDefinition" ? node.value : node;
  if (fn.type !== "FunctionExpression" && fn.type !== "ArrowFunctionExpression") return 0;
  const optional = fn.params.findIndex(({ type }) => type === "AssignmentPattern" || type === "RestElement");
  return optional < 0 ? fn.params.length : optional;
}

const KINDS_OF_FUNCTION = new Set(["%GeneratorFunction%", "%AsyncFunction%", "%AsyncGeneratorFunction%"]);

function hasUsualPrototype(fn: AnyFunction): boolean {
  const proto = Object.getPrototypeOf(fn) as object | null;
  if (isGenerator(fn) || types.isAsyncFunction(fn)) {
    const path = proto === null ? undefined : intrinsicPath(proto);
    return path?.length === 2 && KINDS_OF_FUNCTION.has(path[0]!) && path[1] === "prototype";
  }
  return isPrototypeOf(proto, "Function");
}

function encodeOwnPrototype(encoder: Encoder, fn: AnyFunction, prototype: unknown, node: FunctionNode): void {
  if (isGenerator(fn) ? isUntouchedGeneratorPrototype(prototype, fn) : isUntouchedPrototype(prototype, fn)) return;
  encoder.mutable = true;
  encoder.trail.within({ kind: "property", text: ".prototype" }, () => {
    if (!isObject(prototype)) node.prototype = encoder.encode(prototype);
    else if (isGenerator(fn) || !hasUsualConstructor(prototype, fn))
      node.prototype = encoder.refOf(prototype) ?? encodePut(encoder, prototype);
    else {
      const keys = Reflect.ownKeys(prototype).filter((key) => key !== "constructor");
      node.prototypeProps = encodeProperties(encoder, prototype, keys);
      if (!isPrototypeOf(Object.getPrototypeOf(prototype) as object | null, "Object"))
        node.prototypeProto = encodePrototype(encoder, prototype);
      const integrity = integrityOf(prototype);
      if (integrity !== undefined) node.prototypeIntegrity = integrity;
    }
  });
}

/** An object that took the place of a prototype. What is known by itself (a class's own prototype, say) stays that. */
function encodePut(encoder: Encoder, prototype: object): ReturnType<Encoder["encode"]> {
  const constructor: unknown = ownProperty(prototype, "constructor")?.value;
  const isOwn = typeof constructor !== "function" || encoder.refOf(constructor) !== undefined;
  return isOwn && intrinsicPath(prototype) === undefined
    ? encodeContent(encoder, prototype)
    : encoder.encode(prototype);
}

function isUntouchedPrototype(prototype: unknown, fn: AnyFunction): boolean {
  return (
    isObject(prototype) &&
    Reflect.ownKeys(prototype).length === 1 &&
    hasUsualConstructor(prototype, fn) &&
    Object.isExtensible(prototype) &&
    isPrototypeOf(Object.getPrototypeOf(prototype) as object | null, "Object")
  );
}

function hasUsualConstructor(prototype: object, fn: AnyFunction): boolean {
  const constructor = ownProperty(prototype, "constructor");
  if (constructor?.value !== fn || constructor.enumerable !== false) return false;
  const integrity = integrityOf(prototype);
  const permanent = integrity === "frozen" || integrity === "sealed";
  return constructor.writable === (integrity !== "frozen") && constructor.configurable === !permanent;
}

/** Every generator function has a prototype of its own, which is empty and inherits from that of all generators. */
function isUntouchedGeneratorPrototype(prototype: unknown, fn: AnyFunction): boolean {
  if (!isObject(prototype) || Reflect.ownKeys(prototype).length > 0 || !Object.isExtensible(prototype)) return false;
  const kind = Object.getPrototypeOf(fn) as { readonly prototype?: unknown } | null;
  return kind === null || Object.getPrototypeOf(prototype) === kind.prototype;
}

function isGenerator(fn: AnyFunction): boolean {
  return types.isGeneratorFunction(fn);
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
