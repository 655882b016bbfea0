import { types } from "node:util";
import { capture, Reviver } from "../../src/index.js";
import { ownProperty } from "../../src/own-property.js";

/** The value as a worker would see it. */
export function travel<T>(value: T): T {
  const { token, definitions } = capture(() => value);
  const reviver = new Reviver({ baseDir: process.cwd() });
  for (const { hash, bytes } of definitions) reviver.define(hash, bytes);
  return (reviver.revive(token) as () => T)();
}

/**
 * All that can be seen of a value and of what it reaches: own properties with their attributes, in order, prototypes, whether they can
 * be extended, and which are the same. Standard objects are seen as themselves.
 */
export function shapeOf(value: unknown): unknown {
  const met = new Map<unknown, number>();
  const shape = (at: unknown): unknown => {
    if (typeof at === "symbol" && Symbol.keyFor(at) === undefined && !isWellKnown(at)) {
      const known = met.get(at);
      if (known !== undefined) return `symbol ${known}`;
      met.set(at, met.size);
      return `symbol ${met.size - 1}: ${String(at.description)}`;
    }
    if ((typeof at !== "object" && typeof at !== "function") || at === null) return Object.is(at, -0) ? "-0" : at;
    if (standard.has(at)) return standard.get(at);
    if (met.has(at)) return `object ${met.get(at)}`;
    met.set(at, met.size);
    const properties = Reflect.ownKeys(at).map((key) => {
      const { get, set, value, ...attributes } = ownProperty(at, key)!;
      return [shape(key), shape(value), shape(get), shape(set), attributes];
    });
    return {
      number: met.get(at),
      tag: Object.prototype.toString.call(at),
      content: contentOf(at, shape),
      extensible: Object.isExtensible(at),
      prototype: shape(Object.getPrototypeOf(at)),
      properties,
    };
  };
  return shape(value);
}

function contentOf(at: object, shape: (part: unknown) => unknown): unknown {
  if (types.isDate(at)) return at.getTime();
  if (at instanceof URL) return [at.href, shape(at.searchParams)];
  if (at instanceof URLSearchParams) return at.toString();
  if (at instanceof RegExp) return String(at);
  if (at instanceof ArrayBuffer) return [...new Uint8Array(at)];
  if (ArrayBuffer.isView(at)) return [at.byteOffset, at.byteLength, shape(at.buffer)];
  if (types.isMap(at)) return [...Map.prototype.entries.call(at)].map(([key, item]) => [shape(key), shape(item)]);
  if (types.isSet(at)) return [...Set.prototype.values.call(at)].map(shape);
  if (at instanceof Number || at instanceof String || at instanceof Boolean) return at.valueOf();
  return undefined;
}

const standard = new Map<unknown, string>();
function nameStandard(path: string, value: unknown, depth: number): void {
  if ((typeof value !== "object" && typeof value !== "function") || value === null || standard.has(value)) return;
  standard.set(value, path);
  if (depth === 0) return;
  for (const key of Reflect.ownKeys(value)) {
    const property = ownProperty(value, key)!;
    nameStandard(`${path}.${String(key)}`, property.value, depth - 1);
    nameStandard(`get ${path}.${String(key)}`, property.get, 0);
    nameStandard(`set ${path}.${String(key)}`, property.set, 0);
  }
}
for (const name of ["Object", "Function", "Array", "Map", "Set", "Date", "RegExp", "URL", "URLSearchParams", "Error"])
  nameStandard(name, (globalThis as unknown as Record<string, unknown>)[name], 2);
for (const name of ["ArrayBuffer", "Uint8Array", "DataView", "Buffer", "TypeError", "Number", "String", "Boolean"])
  nameStandard(name, (globalThis as unknown as Record<string, unknown>)[name], 2);
for (const [name, sample] of Object.entries({
  generator: function* () {},
  async: async () => {},
  asyncGenerator: async function* () {},
})) {
  nameStandard(`${name} functions`, Object.getPrototypeOf(sample), 1);
  const { prototype } = sample as { prototype?: object };
  if (prototype !== undefined) nameStandard(`${name} objects`, Object.getPrototypeOf(prototype), 1);
}

function isWellKnown(symbol: symbol): boolean {
  return Object.values(Object.getOwnPropertyDescriptors(Symbol)).some(({ value }) => value === symbol);
}
