import { ownConstructor, ownProperty } from "../own-property.js";
import { types } from "node:util";
import type { AnyFunction } from "../any-function.js";
import { CAPTURE_HOOK, type CaptureRefusal } from "../capture-hook.js";
import { intrinsicPath, isNative, isPrototypeOf, lazyGlobalName } from "../intrinsics.js";
import { namedProperties } from "../inspect/session.js";
import {
  ACCESSOR,
  CONFIGURABLE,
  ENUMERABLE,
  WRITABLE,
  type Entry,
  type Node,
  type PropertyEntry,
} from "../wire/heads.js";
import type { Encoder } from "./encoder.js";
import { importByIdentity } from "./imports.js";
import { integrityOf } from "../integrity.js";
import { nativeAncestor } from "./native-ancestor.js";
import { instanceHasPrivates } from "./private-fields.js";
import { propertyText } from "./trail.js";

/** Encodes an object that was not met before and is no standard object. */
export function encodeObject(encoder: Encoder, value: object): Entry {
  const known = importByIdentity(encoder, value);
  if (known !== undefined) return known;
  if (types.isProxy(value))
    throw encoder.refuse(
      "which is a Proxy; its target and traps cannot be copied",
      "create the Proxy inside the task, or import it from a file",
    );
  if (isNamespace(value))
    throw encoder.refuse(
      "which is a module namespace obtained at run time",
      "import it at the top of the file, or call import() inside the task",
    );
  askHook(encoder, value);
  const constructor = ownConstructor(value);
  if (constructor !== undefined && (constructor as AnyFunction).prototype === value)
    return encodePrototypeOf(encoder, constructor);
  return encodeContent(encoder, value);
}

/** The prototype of a class or function is had from that, so that its instances have this very one. */
function encodePrototypeOf(encoder: Encoder, constructor: AnyFunction): Entry {
  return { protoOf: encoder.encodeProperty(".constructor", constructor) };
}

/** Encodes an object that is not had from anything else. */
export function encodeContent(encoder: Encoder, value: object): Entry {
  refuseUncopiable(encoder, value);
  return encodeBuiltin(encoder, value) ?? encodePlain(encoder, value);
}

/** A module's namespace, or what vitest's module runner gives for one. */
function isNamespace(value: object): boolean {
  if (types.isModuleNamespaceObject(value)) return true;
  return Object.getPrototypeOf(value) === null && ownProperty(value, Symbol.toStringTag)?.value === "Module";
}

/** Lets an object say itself why it cannot be copied. */
export function askHook(encoder: Encoder, value: object): void {
  const hook = (value as { readonly [CAPTURE_HOOK]?: unknown })[CAPTURE_HOOK];
  if (typeof hook !== "function") return;
  const refusal = (hook as () => CaptureRefusal | undefined).call(value);
  if (refusal === undefined) return;
  const { reason, hint } = typeof refusal === "string" ? { reason: refusal, hint: undefined } : refusal;
  throw encoder.refuse(reason, hint);
}

function refuseUncopiable(encoder: Encoder, value: object): void {
  if (types.isPromise(value))
    throw encoder.refuse("which is a Promise", "await it first, and let the function use the value");
  if (types.isWeakMap(value)) throw encoder.refuse("which is a WeakMap", "use a Map, or create it inside the task");
  if (types.isWeakSet(value)) throw encoder.refuse("which is a WeakSet", "use a Set, or create it inside the task");
  if (value instanceof WeakRef) throw encoder.refuse("which is a WeakRef", "let the function use the object itself");
  if (types.isGeneratorObject(value))
    throw encoder.refuse("which is a running generator", "call the generator function inside the task");
  if (isNativeIterator(value)) throw encoder.refuse("which is a running iterator", "make an array of it first");
  if (types.isExternal(value)) throw encoder.refuse("which is a native handle", "create it inside the task");
  if (types.isSharedArrayBuffer(value))
    throw encoder.refuse(
      "which is a SharedArrayBuffer; memory is not shared between processes",
      "copy it to an ArrayBuffer",
    );
  if (types.isArgumentsObject(value)) throw encoder.refuse("which is an arguments object", "use rest parameters");
}

/** Map, Set, array, string, regexp iterators and what iterator helpers return: how far they are is native state. */
function isNativeIterator(value: object): boolean {
  const { next, [Symbol.toStringTag]: tag } = value as { next?: unknown; [Symbol.toStringTag]?: unknown };
  return typeof tag === "string" && /Iterator|Helper/.test(tag) && typeof next === "function" && isNative(next);
}

/** The builtins that hold their value in internal slots. */
function encodeBuiltin(encoder: Encoder, value: object): Entry | undefined {
  if (Array.isArray(value)) return encodeArray(encoder, value);
  if (types.isDate(value)) {
    requireExact(encoder, value, "Date");
    encoder.mutable = true;
    return encoder.add(value, { t: "date", time: encoder.encode(value.getTime()) });
  }
  if (types.isRegExp(value)) {
    requireExact(encoder, value, "RegExp", "lastIndex");
    encoder.mutable ||= value.global || value.sticky;
    const { source, flags } = value;
    return encoder.add(value, { t: "regexp", source, flags, lastIndex: encoder.encode(value.lastIndex) });
  }
  if (types.isBoxedPrimitive(value)) {
    const primitive = (value as unknown as { valueOf(): unknown }).valueOf();
    requireExact(encoder, value, (Object(primitive) as object).constructor.name);
    encoder.mutable ||= Object.isExtensible(value);
    return encoder.add(value, { t: "boxed", value: encoder.encode(primitive) });
  }
  if (types.isArrayBuffer(value)) return encodeArrayBuffer(encoder, value);
  if (ArrayBuffer.isView(value)) return encodeView(encoder, value);
  if (types.isMap(value)) return encodeMap(encoder, value);
  if (types.isSet(value)) return encodeSet(encoder, value);
  if (types.isNativeError(value)) return encodeError(encoder, value);
  if (value instanceof URL) return encodeUrl(encoder, value);
  if (value instanceof URLSearchParams) {
    requireExact(encoder, value, "URLSearchParams");
    encoder.mutable = true;
    return encoder.add(value, { t: "urlParams", text: value.toString() });
  }
  return undefined;
}

/** A URL and its `searchParams` are two views of one text. */
function encodeUrl(encoder: Encoder, value: URL): Entry {
  requireExact(encoder, value, "URL");
  encoder.mutable = true;
  const ref = encoder.add(value, { t: "url", href: value.href });
  encoder.ownParams(value.searchParams, ref);
  return ref;
}

function encodeArray(encoder: Encoder, value: unknown[]): Entry {
  encoder.mutable = true;
  const node: Extract<Node, { t: "array" }> = { t: "array", items: [] };
  const ref = encoder.add(value, node);
  encoder.bytes += 8 * value.length;
  // Holes at the end are the length; holes between are marked. A huge sparse array is written by its keys instead.
  const keys = Reflect.ownKeys(value);
  // Indexes come first, in order, and then "length": as many as that says, if there are no holes.
  const dense = keys[value.length] === "length";
  if (hasPlainElements(value, keys) && (dense || value.length < 1024 || keys.length > value.length / 8)) {
    for (let index = 0; index < value.length; index++)
      node.items.push(index in value ? encoder.encodeProperty(`[${index}]`, value[index]) : { hole: 1 });
    const named = dense ? keys.slice(value.length + 1) : keys.filter((key) => !isArrayIndex(key) && key !== "length");
    if (named.length > 0) node.props = encodeProperties(encoder, value, named);
  } else {
    node.length = value.length;
    node.props = encodeProperties(
      encoder,
      value,
      keys.filter((key) => key !== "length"),
    );
  }
  if (!isPrototypeOf(Object.getPrototypeOf(value) as object | null, "Array"))
    node.proto = encodeInstancePrototype(encoder, value);
  if (ownProperty(value, "length")?.writable === false && integrityOf(value) !== "frozen")
    (node.props ??= []).push(["length", value.length, 0]);
  return ref;
}

/** Elements beyond this number are taken to be plain: looking at each descriptor costs more than copying the element. */
const MAX_CHECKED_ELEMENTS = 1 << 16;

/** Whether no element is an accessor, hidden, read-only or undeletable (in a frozen array all are, and that is said at once). */
function hasPlainElements(value: unknown[], keys: readonly PropertyKey[]): boolean {
  if (value.length > MAX_CHECKED_ELEMENTS) return true;
  const integrity = integrityOf(value);
  const mayBeReadOnly = integrity === "frozen";
  const mayBePermanent = mayBeReadOnly || integrity === "sealed";
  return keys.every((key) => {
    if (!isArrayIndex(key)) return true;
    const { value: item, writable, enumerable, configurable, get, set } = ownProperty(value, key)!;
    if (item === undefined && (get !== undefined || set !== undefined)) return false;
    return enumerable === true && (mayBeReadOnly || writable === true) && (mayBePermanent || configurable === true);
  });
}

function encodeArrayBuffer(encoder: Encoder, value: ArrayBuffer): Entry {
  requireExact(encoder, value, "ArrayBuffer");
  encoder.mutable = true;
  const { resizable, maxByteLength } = value as ArrayBuffer & { resizable?: boolean; maxByteLength?: number };
  return encoder.add(value, {
    t: "buffer",
    bytes: encoder.addBuffer(new Uint8Array(value)),
    ...(resizable === true && maxByteLength !== undefined && { maxLength: maxByteLength }),
  });
}

function encodeView(encoder: Encoder, value: ArrayBufferView): Entry {
  encoder.mutable = true;
  const isNodeBuffer = Buffer.isBuffer(value) && Object.getPrototypeOf(value) === Buffer.prototype;
  const type = isNodeBuffer
    ? "Buffer"
    : types.isDataView(value)
      ? "DataView"
      : (value as Uint8Array)[Symbol.toStringTag];
  if (!isNodeBuffer) requireExact(encoder, value, type);
  refuseExtraProperties(encoder, value, type);
  if (types.isSharedArrayBuffer(value.buffer))
    throw encoder.refuse(
      "which is a view on a SharedArrayBuffer; memory is not shared between processes",
      "copy it first",
    );
  const { resizable } = value.buffer as { readonly resizable?: boolean };
  if (resizable === true && value.byteOffset + value.byteLength === value.buffer.byteLength)
    throw encoder.refuse(
      "which is a view to the end of a resizable buffer; whether it grows with the buffer cannot be seen",
      "let the function use the buffer, and make the view inside the task",
    );
  const length = (value as Uint8Array).length ?? value.byteLength;
  const node: Extract<Node, { t: "view" }> = { t: "view", type, over: null, offset: value.byteOffset, length };
  const ref = encoder.add(value, node);
  // Small Buffers are slices of one pool that Node shares out: their neighbours are nobody's business. Any other buffer is
  // kept whole, so that two views on it stay two views on one memory.
  if (isNodeBuffer && value.buffer.byteLength !== value.byteLength) {
    node.offset = 0;
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    node.over = encoder.add(bytes, { t: "buffer", bytes: encoder.addBuffer(bytes) });
  } else node.over = encoder.encode(value.buffer);
  return ref;
}

function encodeMap(encoder: Encoder, value: Map<unknown, unknown>): Entry {
  encoder.mutable = true;
  const node: Extract<Node, { t: "map" }> = { t: "map", items: [] };
  const ref = encoder.add(value, node);
  let index = 0;
  for (const [key, item] of Map.prototype.entries.call(value) as MapIterator<[unknown, unknown]>) {
    const text = `.get(${typeof key === "string" ? JSON.stringify(key) : index})`;
    node.items.push([encoder.encodeProperty(text, key), encoder.encodeProperty(text, item)]);
    index++;
  }
  encodeExtras(encoder, value, node, "Map");
  return ref;
}

function encodeSet(encoder: Encoder, value: Set<unknown>): Entry {
  encoder.mutable = true;
  const node: Extract<Node, { t: "set" }> = { t: "set", items: [] };
  const ref = encoder.add(value, node);
  let index = 0;
  for (const item of Set.prototype.values.call(value) as SetIterator<unknown>)
    node.items.push(encoder.encodeProperty(`[${index++}]`, item));
  encodeExtras(encoder, value, node, "Set");
  return ref;
}

function encodeExtras(
  encoder: Encoder,
  value: object,
  node: { proto?: Entry; props?: PropertyEntry[] },
  builtin: string,
): void {
  if (!isPrototypeOf(Object.getPrototypeOf(value) as object | null, builtin))
    node.proto = encodeInstancePrototype(encoder, value);
  const keys = Reflect.ownKeys(value);
  if (keys.length > 0) node.props = encodeProperties(encoder, value, keys);
}

function encodeError(encoder: Encoder, value: Error): Entry {
  encoder.mutable = true;
  const standard = intrinsicPath(Object.getPrototypeOf(value) as object);
  const isStandard = standard?.length === 2 && standard[1] === "prototype";
  const node: Extract<Node, { t: "error" }> = { t: "error", ctor: isStandard ? standard[0]! : "Error", props: [] };
  const ref = encoder.add(value, node);
  if (!isStandard) node.proto = encodeInstancePrototype(encoder, value);
  // `stack` may be an accessor of V8's; reading it formats it, and the text is what travels.
  const keys = Reflect.ownKeys(value).filter((key) => key !== "stack");
  node.props = encodeProperties(encoder, value, keys);
  node.props.push(["stack", encoder.encode(value.stack), WRITABLE | CONFIGURABLE]);
  return ref;
}

function encodePlain(encoder: Encoder, value: object): Entry {
  const proto = Object.getPrototypeOf(value) as object | null;
  const node: Extract<Node, { t: "object" }> = { t: "object", props: [] };
  const plain = proto === null || proto === Object.prototype || isPrototypeOf(proto, "Object");
  if (!plain) {
    const lazy = lazyGlobalName(value);
    if (lazy !== undefined) return { std: [lazy] };
  }
  const ref = encoder.add(value, node);
  if (proto === null) node.proto = null;
  else if (!plain) node.proto = encodeInstancePrototype(encoder, value);
  encoder.mutable ||= !Object.isFrozen(value);
  node.props = encodeProperties(encoder, value, Reflect.ownKeys(value));
  return ref;
}

/** Encodes own properties with their flags and accessors. */
export function encodeProperties(encoder: Encoder, object: object, keys: readonly PropertyKey[]): PropertyEntry[] {
  const properties: PropertyEntry[] = [];
  for (const key of keys) {
    const descriptor = ownProperty(object, key);
    if (descriptor === undefined) continue;
    const keyEntry = typeof key === "symbol" ? encoder.encode(key) : String(key);
    const text = propertyText(key);
    const flags =
      (descriptor.writable === true ? WRITABLE : 0) |
      (descriptor.enumerable === true ? ENUMERABLE : 0) |
      (descriptor.configurable === true ? CONFIGURABLE : 0);
    if ("value" in descriptor) {
      if (typeof descriptor.value === "function") encoder.holder = { object, key };
      const entry = encoder.encodeProperty(text, descriptor.value);
      properties.push(flags === (WRITABLE | ENUMERABLE | CONFIGURABLE) ? [keyEntry, entry] : [keyEntry, entry, flags]);
    } else {
      const getter = encoder.encodeProperty(text, descriptor.get);
      properties.push([keyEntry, getter, flags | ACCESSOR, encoder.encodeProperty(text, descriptor.set)]);
    }
  }
  return properties;
}

function encodeInstancePrototype(encoder: Encoder, value: object): Entry {
  const proto = encodePrototype(encoder, value);
  if (instanceHasPrivates(value))
    throw encoder.refuse(
      `which is an instance of ${classNameOf(value)}; its private fields cannot be read`,
      "create it inside the task, or pass plain data",
    );
  return proto;
}

/** Encodes the prototype of an instance; refuses one that rests on native state. */
export function encodePrototype(encoder: Encoder, value: object): Entry {
  const proto = Object.getPrototypeOf(value) as object | null;
  const native = nativeAncestor(value);
  if (native !== undefined) {
    const why =
      native.module === undefined
        ? "its state is native and exists only in this process"
        : `an object of Node's ${native.module.replace("node:", "")} module, tied to this process`;
    throw encoder.refuse(
      `which is ${withArticle(classNameOf(value))} (${why})`,
      "create it inside the task, or in a file that you import",
    );
  }
  const constructor = proto === null ? undefined : ownConstructor(proto);
  if (constructor !== undefined && (constructor as { prototype?: unknown }).prototype === proto)
    return { protoOf: encoder.encode(constructor) };
  return encoder.encode(proto);
}

function classNameOf(value: object): string {
  const constructor = (value as { constructor?: unknown }).constructor;
  return (typeof constructor === "function" && constructor.name) || "an unnamed class";
}

function withArticle(name: string): string {
  return name.startsWith("an ") ? name : `${/^[aeiou]/i.test(name) ? "an" : "a"} ${name}`;
}

/** Builtins with internal slots are copied only when they are exactly that builtin: a subclass would lose what it adds. */
function requireExact(encoder: Encoder, value: object, name: string, ...allowed: string[]): void {
  const proto = Object.getPrototypeOf(value) as object | null;
  const own = (globalThis as unknown as Record<string, { readonly prototype: object } | undefined>)[name];
  if (proto !== own?.prototype && !isPrototypeOf(proto, name))
    throw encoder.refuse(
      `which is an instance of ${classNameOf(value)}, a subclass of ${name}`,
      "pass plain data, or create it inside the task",
    );
  if (!ArrayBuffer.isView(value)) refuseExtraProperties(encoder, value, name, allowed);
}

function refuseExtraProperties(encoder: Encoder, value: object, name: string, allowed: readonly string[] = []): void {
  // A million element keys of a typed array are not worth listing to find that there is nothing else.
  const keys = ArrayBuffer.isView(value) ? namedKeysOfView(value) : Reflect.ownKeys(value);
  const extra = keys.filter((key) => !isArrayIndex(key) && key !== "length" && !allowed.includes(key as string));
  if (extra.length > 0)
    throw encoder.refuse(
      `which is a ${name} with extra properties (${extra.map(String).join(", ")})`,
      "keep them in a plain object",
    );
}

function namedKeysOfView(view: ArrayBufferView): PropertyKey[] {
  if (types.isDataView(view) || (view as Uint8Array).length <= 256) return Reflect.ownKeys(view);
  return [...namedProperties(view), ...Object.getOwnPropertySymbols(view)];
}

function isArrayIndex(key: PropertyKey): boolean {
  return typeof key === "string" && /^(0|[1-9]\d*)$/.test(key) && Number(key) < 2 ** 32 - 1;
}
