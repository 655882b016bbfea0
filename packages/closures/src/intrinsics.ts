import { ownConstructor, ownProperty } from "./own-property.js";
import type { AnyFunction } from "./any-function.js";
import { STANDARD_GLOBALS } from "./standard-globals.js";

/**
 * Standard objects by the path under which any Node process has them: `Math.sqrt`, `Array.prototype`, `process.env`. They are
 * named, never copied. Functions that come from another realm (jest, vm contexts) bring that realm's own set.
 */
type Path = readonly string[];
type Realm = typeof globalThis;

const GETTER = "%get";
const SETTER = "%set";

/** Objects of the language that no global names. */
const UNNAMED: Readonly<Record<string, (realm: Realm) => object>> = {
  "%GeneratorFunction%": (realm) => constructorOf(realm, function* () {}),
  "%AsyncFunction%": (realm) => constructorOf(realm, async () => {}),
  "%AsyncGeneratorFunction%": (realm) => constructorOf(realm, async function* () {}),
  "%GeneratorPrototype%": (realm) => prototypeOf(sampleOf(realm, function* () {}).prototype as object),
  "%AsyncGeneratorPrototype%": (realm) => prototypeOf(sampleOf(realm, async function* () {}).prototype as object),
  "%TypedArray%": (realm) => prototypeOf(realm.Uint8Array),
  "%ArrayIteratorPrototype%": (realm) => prototypeOf(new realm.Array()[Symbol.iterator]()),
  "%IteratorPrototype%": (realm) => prototypeOf(prototypeOf(new realm.Array()[Symbol.iterator]())),
};

/** Members of `process` that mean the worker's own when captured. */
const PROCESS_MEMBERS = [
  "hrtime",
  "nextTick",
  "cwd",
  "uptime",
  "memoryUsage",
  "cpuUsage",
  "stdout",
  "stderr",
  "env",
] as const;

const realms: Realm[] = [globalThis];
const realmRoots = new WeakSet<object>([Object.prototype]);
const tables = new WeakMap<Realm, Map<object, Path>>();

/** The path of a standard object, or undefined for anything else. */
export function intrinsicPath(value: object): Path | undefined {
  for (const realm of realms) {
    const path = tableOf(realm).get(value);
    if (path !== undefined) return path;
  }
  return undefined;
}

/** The standard object at a path, in this realm. */
export function resolveIntrinsic(path: Path): unknown {
  const [first = "", ...rest] = path;
  let at: unknown =
    first === "%name%"
      ? nameFunction
      : first.startsWith("%")
        ? UNNAMED[first]?.(globalThis)
        : first === "globalThis"
          ? globalThis
          : (globalThis as unknown as Record<string, unknown>)[first];
  for (let index = 0; index < rest.length; index++) {
    const key = keyOf(rest[index]!);
    const next = rest[index + 1];
    if (next === GETTER || next === SETTER) {
      const descriptor = ownProperty(at as object, key);
      return next === GETTER ? descriptor?.get : descriptor?.set;
    }
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at;
}

/** Whether an object is `name.prototype` of some realm. */
export function isPrototypeOf(value: object | null, name: string): boolean {
  if (value === null) return false;
  const path = intrinsicPath(value);
  if (path !== undefined) return path.length === 2 && path[0] === name && path[1] === "prototype";
  // Of a realm that has not been met, or whose global of that name was replaced (vitest's vm pools): native all the same.
  const constructor = ownConstructor(value);
  return constructor?.name === name && (constructor as AnyFunction).prototype === value && isNative(constructor);
}

export function isNative(fn: AnyFunction): boolean {
  return /\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(fn));
}

/** Makes the intrinsics of a function's realm known, if they are another realm's than this module's. */
export function meetRealmOf(fn: AnyFunction): void {
  if (fn instanceof Function) return;
  let root: object = fn;
  for (let next = prototypeOf(root) as object | null; next !== null; next = prototypeOf(next) as object | null)
    root = next;
  if (realmRoots.has(root)) return;
  realmRoots.add(root);
  try {
    const { constructor } = root as { constructor: { constructor: (body: string) => () => Realm } };
    const construct = constructor.constructor;
    realms.push(construct("return globalThis")());
  } catch {
    // A realm that forbids code from strings, or a function without a prototype, of a realm that cannot be known. Its intrinsics are refused as native functions, with an error that says so.
  }
}

/** What esbuild's `keepNames` helper does; revived functions call this instead of carrying a copy of the helper. */
function nameFunction<T extends object>(target: T, value: string): T {
  return Object.defineProperty(target, "name", { value, configurable: true });
}

/** The process-wide object behind a lazy accessor of the global object (`crypto`, `performance`), by identity. */
export function lazyGlobalName(value: object): string | undefined {
  for (const name of STANDARD_GLOBALS) {
    const descriptor = ownProperty(globalThis, name);
    if (descriptor?.get !== undefined && Reflect.apply(descriptor.get, globalThis, []) === value) return name;
  }
  return undefined;
}

function tableOf(realm: Realm): Map<object, Path> {
  let table = tables.get(realm);
  if (table === undefined) {
    table = buildTable(realm);
    tables.set(realm, table);
  }
  return table;
}

function buildTable(realm: Realm): Map<object, Path> {
  const table = new Map<object, Path>();
  const visit = (value: unknown, path: Path, depth: number): void => {
    if (!isObject(value) || table.has(value)) return;
    table.set(value, path);
    if (depth === 0) return;
    for (const key of Reflect.ownKeys(value)) {
      const step = stepOf(key);
      if (step === undefined) continue;
      const descriptor = ownProperty(value, key)!;
      const next = [...path, step];
      if ("value" in descriptor) visit(descriptor.value, next, depth - 1);
      if (descriptor.get && !table.has(descriptor.get)) table.set(descriptor.get, [...next, GETTER]);
      if (descriptor.set && !table.has(descriptor.set)) table.set(descriptor.set, [...next, SETTER]);
    }
  };
  table.set(realm, ["globalThis"]);
  for (const name of STANDARD_GLOBALS) {
    const descriptor = ownProperty(realm, name);
    // Accessors are lazy (fetch, crypto): reading them would load half of Node at the first capture.
    if (descriptor !== undefined && "value" in descriptor && !LIVE.has(name)) visit(descriptor.value, [name], 2);
  }
  for (const [name, find] of Object.entries(UNNAMED)) visit(find(realm), [name], 1);
  const own = (realm.process ?? process) as unknown as Record<string, unknown>;
  table.set(own, ["process"]);
  for (const name of PROCESS_MEMBERS) visit(own[name], ["process", name], name === "hrtime" ? 1 : 0);
  return table;
}

/** Globals that are this process's own state: never walked into. */
const LIVE = new Set(["globalThis", "global", "process", "navigator", "localStorage", "sessionStorage"]);

function stepOf(key: PropertyKey): string | undefined {
  if (typeof key !== "symbol") return key === "caller" || key === "arguments" ? undefined : String(key);
  return key.description?.startsWith("Symbol.") ? `@@${key.description.slice("Symbol.".length)}` : undefined;
}

function keyOf(step: string): PropertyKey {
  if (!step.startsWith("@@")) return step;
  return (Symbol as unknown as Record<string, symbol>)[step.slice(2)]!;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function prototypeOf(value: object): object {
  return Object.getPrototypeOf(value) as object;
}

/** The constructor of a kind of function; another realm's is reached by evaluating the same text there. */
function constructorOf(realm: Realm, sample: object): object {
  return prototypeOf(sampleOf(realm, sample)).constructor;
}

function sampleOf<T extends object>(realm: Realm, sample: T): T {
  if (realm === globalThis) return sample;
  return (new realm.Function(`return ${Function.prototype.toString.call(sample)}`) as () => T)();
}
