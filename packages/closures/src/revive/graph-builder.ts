import { ownProperty } from "../own-property.js";
import type { AnyFunction } from "../any-function.js";
import { classByKey, rememberRevivedClass } from "../class-identity.js";
import { impose } from "../integrity.js";
import { resolveIntrinsic } from "../intrinsics.js";
import { rememberStandIn } from "../modules/origins.js";
import { markPerWorker, type PerWorkerParts } from "../per-worker-values.js";
import {
  ACCESSOR,
  CONFIGURABLE,
  ENUMERABLE,
  WRITABLE,
  type BufferRange,
  type Entry,
  type FunctionNode,
  type ImportEntry,
  type Integrity,
  type ModuleRef,
  type Node,
  type PropertyEntry,
} from "../wire/heads.js";
import { instantiate } from "./compile.js";
import type { StoredCode, StoredFunction } from "./definition-store.js";

/** What a graph needs from the worker around it. All modules are loaded by now, so everything is at hand at once. */
export interface GraphContext {
  codeOf(index: number): StoredCode;
  imported(entry: ImportEntry): unknown;
  importMeta(file: string): object;
  dynamicImport(modules: Readonly<Record<string, ModuleRef>>): (specifier: unknown) => Promise<unknown>;
  require(modules: Readonly<Record<string, ModuleRef>>): unknown;
}

interface Cell {
  value?: unknown;
}

/** Makes the values of one captured graph. */
export class GraphBuilder {
  private readonly values: unknown[];
  private readonly made: Uint8Array;
  private readonly cells = new Map<number, Cell>();
  /** Classes that are being made: how often, since one whose subclass is needed first is begun a second time. */
  private readonly begun = new Map<number, number>();
  /** What is left to link when everything is there. */
  private readonly linking: (() => void)[] = [];
  /** Freezing waits until everything is linked: a frozen object could not be filled any more. */
  private readonly sealing: (() => void)[] = [];

  constructor(
    private readonly stored: StoredFunction,
    private readonly context: GraphContext,
  ) {
    this.values = new Array(stored.head.nodes.length);
    this.made = new Uint8Array(stored.head.nodes.length);
  }

  build(): unknown {
    const root = this.decode(this.stored.head.root);
    for (const link of this.linking) link();
    for (const seal of this.sealing) seal();
    return root;
  }

  private decode(entry: Entry): unknown {
    if (entry === null || typeof entry !== "object") return entry;
    if ("ref" in entry) return this.node(entry.ref);
    if ("std" in entry) return resolveIntrinsic(entry.std);
    if ("mod" in entry) return this.context.imported(entry);
    if ("undefined" in entry || "hole" in entry) return undefined;
    if ("number" in entry) return Number(entry.number);
    if ("bigint" in entry) return BigInt(entry.bigint);
    if ("symbolFor" in entry) return Symbol.for(entry.symbolFor);
    if ("wellKnown" in entry) return (Symbol as unknown as Record<string, symbol>)[entry.wellKnown];
    if ("protoOf" in entry) return (this.decode(entry.protoOf) as AnyFunction).prototype;
    if ("globals" in entry) return globalsWith(entry.globals.map(([name, value]) => [name, this.decode(value)]));
    if ("meta" in entry) return this.context.importMeta(entry.meta);
    return this.context.dynamicImport(entry.dynamicImport);
  }

  private node(index: number): unknown {
    if (this.made[index] === 1) return this.values[index];
    return this.make(index, this.stored.head.nodes[index]!);
  }

  private keep<T>(index: number, value: T): T {
    this.values[index] = value;
    this.made[index] = 1;
    const node = this.stored.head.nodes[index]!;
    if (node.integrity !== undefined) this.sealLater(() => value as object, node.integrity);
    if ("prototypeIntegrity" in node && node.prototypeIntegrity !== undefined)
      this.sealLater(() => (value as AnyFunction).prototype as object, node.prototypeIntegrity);
    return value;
  }

  private make(index: number, node: Node): unknown {
    switch (node.t) {
      case "function":
        return this.makeFunction(index, node);
      case "object": {
        const object = this.keep(index, {});
        this.setProto(object, node.proto);
        this.define(object, node.props);
        return object;
      }
      case "array":
        return this.makeArray(index, node);
      case "map": {
        const map = this.keep(index, new Map<unknown, unknown>());
        for (const [key, value] of node.items) map.set(this.decode(key), this.decode(value));
        return this.finishBuiltin(map, node);
      }
      case "set": {
        const set = this.keep(index, new Set<unknown>());
        for (const item of node.items) set.add(this.decode(item));
        return this.finishBuiltin(set, node);
      }
      case "error": {
        const constructor = globalThis[node.ctor as "Error"];
        const error = this.keep(
          index,
          constructor === (AggregateError as unknown) ? new AggregateError([]) : new constructor(),
        );
        this.setProto(error, node.proto);
        this.define(error, node.props);
        return error;
      }
      case "date":
        return this.keep(index, new Date(this.decode(node.time) as number));
      case "regexp": {
        const regexp = this.keep(index, new RegExp(node.source, node.flags));
        regexp.lastIndex = this.decode(node.lastIndex) as number;
        return regexp;
      }
      case "boxed":
        return this.keep(index, Object(this.decode(node.value)) as object);
      case "url":
        return this.keep(index, new URL(node.href));
      case "urlParams":
        return this.keep(
          index,
          node.of === undefined ? new URLSearchParams(node.text) : (this.decode(node.of) as URL).searchParams,
        );
      case "symbol":
        return this.keep(index, Symbol(this.decode(node.description) as string | undefined));
      case "buffer":
        return this.keep(index, this.copyBuffer(node.bytes, node.maxLength));
      case "view":
        return this.makeView(index, node);
      case "bound": {
        const target = this.decode(node.target) as AnyFunction;
        const args = node.args.map((arg) => this.decode(arg));
        if (this.made[index] === 1) return this.values[index];
        const self = this.decode(node.self);
        if (this.made[index] === 1) return this.values[index];
        const bound = this.keep(index, Function.prototype.bind.call(target, self, ...args) as object);
        return this.finishBuiltin(bound, node);
      }
      case "require":
        return this.keep(index, this.context.require(node.modules));
      case "perWorker": {
        const parts = { init: undefined as unknown, options: undefined as unknown, key: node.key };
        const value = this.keep(
          index,
          markPerWorker(parts as unknown as PerWorkerParts, () => node.key),
        );
        parts.init = this.decode(node.init);
        parts.options = this.decode(node.options);
        return value;
      }
    }
  }

  private makeArray(index: number, node: Extract<Node, { t: "array" }>): unknown {
    const array = this.keep(index, new Array<unknown>(node.length ?? node.items.length));
    node.items.forEach((item, at) => {
      if (!isHole(item)) array[at] = this.decode(item);
    });
    this.setProto(array, node.proto);
    if (node.props) this.define(array, node.props);
    return array;
  }

  private makeView(index: number, { type, over, offset, length }: Extract<Node, { t: "view" }>): unknown {
    const memory = this.decode(over) as ArrayBuffer;
    if (this.made[index] === 1) return this.values[index];
    if (type === "Buffer") return this.keep(index, Buffer.from(memory, offset, length));
    const View = globalThis[type as "Uint8Array"];
    return this.keep(index, new View(memory, offset, length));
  }

  private copyBuffer([offset, length]: BufferRange, maxLength: number | undefined): ArrayBuffer {
    const buffer =
      maxLength === undefined
        ? new ArrayBuffer(length)
        : new (ArrayBuffer as unknown as new (n: number, options: object) => ArrayBuffer)(length, {
            maxByteLength: maxLength,
          });
    new Uint8Array(buffer).set(this.stored.buffers.subarray(offset, offset + length));
    return buffer;
  }

  private makeFunction(index: number, node: FunctionNode): unknown {
    const shared = node.share === undefined ? undefined : classByKey(node.share);
    if (shared !== undefined) {
      // It was sealed, or not, when it was made: it belongs to others too.
      this.values[index] = shared;
      this.made[index] = 1;
      return shared;
    }
    const code = this.context.codeOf(node.code);
    const self = node.self === undefined ? undefined : this.decode(node.self);
    const { link, make } = instantiate(code, self, this.cellsOf(node));
    if (this.made[index] === 1) return this.values[index];
    const isClass = code.head.functionKind === "class";
    // A class evaluates static fields and its parent at once, so what it uses must be there first; a function waits to be called.
    if (isClass) this.linkClass(index, node, link, hasParent(code));
    if (this.made[index] === 1) return this.values[index];
    const fn = this.keep(index, memberOf(make(), code));
    const name = node.name === undefined ? "" : (this.decode(node.name) as string);
    if (fn.name !== name && (!isClass || node.name !== undefined))
      Object.defineProperty(fn, "name", { value: name, configurable: true });
    if (node.share !== undefined) rememberRevivedClass(node.share, fn);
    if (!isClass) link(node.caps.map((entry) => this.decode(entry)));
    this.setProto(fn, node.proto);
    if (node.prototype !== undefined) fn.prototype = this.decode(node.prototype);
    if (node.prototypeProto !== undefined)
      Object.setPrototypeOf(fn.prototype as object, this.decode(node.prototypeProto) as object);
    if (node.prototypeProps) this.define(fn.prototype as object, node.prototypeProps);
    if (node.props) this.define(fn, node.props);
    return fn;
  }

  /**
   * Classes may need each other: a class that builds its own subclass. What is met again while it is being made is begun anew without
   * the classes that wait for it, as it was defined when they did not exist yet, and gets them at the end.
   */
  private linkClass(
    index: number,
    node: FunctionNode,
    link: (values: readonly unknown[]) => void,
    hasParent: boolean,
  ): void {
    const times = (this.begun.get(index) ?? 0) + 1;
    this.begun.set(index, times);
    // What it extends comes last, and cannot wait.
    const parent = hasParent ? node.caps.length - 1 : -1;
    let skipped = false;
    const values = node.caps.map((entry, at) => {
      const waits = times > 1 && at !== parent && this.isBegun(entry);
      skipped ||= waits;
      return waits ? undefined : this.decode(entry);
    });
    this.begun.set(index, times - 1);
    link(values);
    if (skipped) this.linking.push(() => link(node.caps.map((entry) => this.decode(entry))));
  }

  private isBegun(entry: Entry): boolean {
    if (typeof entry !== "object" || entry === null || !("ref" in entry)) return false;
    return this.made[entry.ref] !== 1 && (this.begun.get(entry.ref) ?? 0) > 0;
  }

  private cellsOf({ cells }: FunctionNode): Record<string, unknown> | undefined {
    if (cells === undefined) return undefined;
    const variables = Object.create(null) as Record<string, unknown>;
    for (const [name, number] of cells) {
      let cell = this.cells.get(number);
      if (cell === undefined) this.cells.set(number, (cell = {}));
      const held = cell;
      Object.defineProperty(variables, name, {
        get: () => held.value,
        set: (value: unknown) => (held.value = value),
        enumerable: true,
      });
    }
    return variables;
  }

  private finishBuiltin<T extends object>(value: T, node: { proto?: Entry; props?: PropertyEntry[] }): T {
    this.setProto(value, node.proto);
    if (node.props) this.define(value, node.props);
    return value;
  }

  private setProto(value: object, proto: Entry | undefined): void {
    if (proto !== undefined) Object.setPrototypeOf(value, this.decode(proto) as object | null);
  }

  private define(object: object, properties: readonly PropertyEntry[]): void {
    for (const [keyEntry, entry, flags = WRITABLE | ENUMERABLE | CONFIGURABLE, setter] of properties) {
      const key = this.decode(keyEntry) as PropertyKey;
      const attributes = { enumerable: (flags & ENUMERABLE) !== 0, configurable: (flags & CONFIGURABLE) !== 0 };
      const descriptor: PropertyDescriptor =
        (flags & ACCESSOR) !== 0
          ? {
              ...attributes,
              get: this.decode(entry) as () => unknown,
              set: this.decode(setter ?? { undefined: 1 }) as (value: unknown) => void,
            }
          : { ...attributes, value: this.decode(entry), writable: (flags & WRITABLE) !== 0 };
      // Always defined, never assigned: an assignment would run setters and stumble over `__proto__`.
      Object.defineProperty(object, key, descriptor);
    }
  }

  /** @param find - called at the end: a function's prototype may still be replaced */
  private sealLater(find: () => object, integrity: Integrity): void {
    this.sealing.push(() => impose(integrity, find()));
  }
}

/** The global object, except that some members are a function's own copies. */
function globalsWith(members: readonly (readonly [string, unknown])[]): object {
  const copies = new Map<PropertyKey, unknown>(members);
  const proxy = new Proxy(globalThis, {
    get: (target, key) => (copies.has(key) ? copies.get(key) : (Reflect.get(target, key) as unknown)),
    set: (target, key, value) => (copies.has(key) ? Boolean(copies.set(key, value)) : Reflect.set(target, key, value)),
    has: (target, key) => copies.has(key) || Reflect.has(target, key),
  });
  return rememberStandIn(proxy, { kind: "globals", members: copies });
}

function isHole(entry: Entry): boolean {
  return typeof entry === "object" && entry !== null && "hole" in entry;
}

/** Whether the text is a class that extends something; what it extends was replaced by a name. */
function hasParent({ head: { text } }: StoredCode): boolean {
  return /\bextends\s+(?!null\b)/.test(text.slice(0, text.indexOf("{")));
}

/** Takes a method out of the object or class it had to be evaluated in. */
function memberOf(evaluated: unknown, { head }: StoredCode): AnyFunction {
  if (head.form === "expression") return evaluated as AnyFunction;
  const owner = head.form === "class-member" ? ((evaluated as AnyFunction).prototype as object) : (evaluated as object);
  const key = Reflect.ownKeys(owner).find((name) => name !== "constructor") ?? "constructor";
  const descriptor = ownProperty(owner, key)!;
  const member =
    head.functionKind === "getter"
      ? descriptor.get
      : head.functionKind === "setter"
        ? descriptor.set
        : descriptor.value;
  return member as AnyFunction;
}
