import type { AnyFunction } from "../any-function.js";
import { intrinsicPath } from "../intrinsics.js";
import type { Unit } from "../modules/placed-files.js";
import type { CaptureWarning } from "../warnings.js";
import { packDefinition, type Definition, type PackedDefinition } from "../wire/definition.js";
import type { BufferRange, Entry, FunctionHead, ModuleRef, Node } from "../wire/heads.js";
import { encodeFunction } from "./functions.js";
import { integrityOf } from "../integrity.js";
import { encodeObject } from "./objects.js";
import { SharedCells } from "./shared-cells.js";
import { Trail } from "./trail.js";

/** Beyond this a captured graph is surely a mistake, and encoding it would freeze the client. */
const MAX_NODES = 2_000_000;

/**
 * One capture in progress: turns a function and all that it reaches into the nodes of a {@link FunctionHead}. Objects are encoded
 * once and referred to, so shared and cyclic references survive.
 */
export class Encoder {
  readonly trail = new Trail();
  readonly cells = new SharedCells();
  readonly warnings: CaptureWarning[] = [];
  /** Functions that were copied, for the cache to see whether they were changed since. */
  readonly copiedFunctions: AnyFunction[] = [];
  /** Whether any data reached can change in place, so that a second capture has to look again. */
  mutable = false;
  /** Whether a class was reached: its statics and its prototype can change, so a second capture has to look again. */
  patchable = false;
  /** Whether a captured variable is assigned somewhere, so that a second capture has to ask V8 again. */
  volatile = false;
  /** Bytes of captured data, roughly. */
  bytes = 0;
  /** Set while a function of a package is tried by value: see `functions.ts`. */
  insidePackage = false;
  /** The object and key a function value was found under: a class field's arrow finds its `this` there. */
  holder: { readonly object: object; readonly key: PropertyKey } | undefined;

  /** Whether classes get keys that make them one class for all captures. */
  readonly shareClasses: boolean;

  private readonly nodes: Node[] = [];
  private readonly seen = new Map<unknown, number>();
  private readonly codes: PackedDefinition[] = [];
  private readonly modules: ModuleRef[] = [];
  private readonly moduleIndex = new Map<string, number>();
  private readonly units = new Set<Unit>();
  private readonly buffers: Uint8Array[] = [];
  private buffersLength = 0;

  constructor({ shareClasses = true }: { readonly shareClasses?: boolean } = {}) {
    this.shareClasses = shareClasses;
  }

  /** @throws FunctionNotSerializableError when the value, or something in it, cannot be copied */
  encode(value: unknown): Entry {
    switch (typeof value) {
      case "undefined":
        return { undefined: 1 };
      case "boolean":
        return value;
      case "string":
        this.bytes += value.length;
        return value;
      case "number":
        return Number.isFinite(value) && !Object.is(value, -0)
          ? value
          : { number: Object.is(value, -0) ? "-0" : String(value) };
      case "bigint":
        return { bigint: String(value) };
      case "symbol":
        return this.encodeSymbol(value);
      case "function":
        return this.named(value) ?? encodeFunction(this, value);
      case "object":
        return value === null ? null : (this.named(value) ?? encodeObject(this, value));
    }
  }

  /** What needs no node of its own: met before in this graph, or standard. */
  private named(value: object): Entry | undefined {
    const known = this.seen.get(value);
    if (known !== undefined) return { ref: known };
    const standard = intrinsicPath(value);
    return standard && { std: standard };
  }

  /** Registers the node of a value *before* its parts are encoded, so that they may refer back to it. */
  add(value: unknown, node: Node): Entry {
    const ref = this.nodes.length;
    if (ref >= MAX_NODES)
      throw this.refuse(`which reaches more than ${MAX_NODES} objects`, "pass it as an argument instead");
    const integrity = integrityOf(value);
    if (integrity !== undefined) node.integrity = integrity;
    this.nodes.push(node);
    this.seen.set(value, ref);
    return { ref };
  }

  /** What changes the parameters of a URL changes the URL, whichever of them was met first. */
  ownParams(params: URLSearchParams, url: Entry): void {
    const known = this.seen.get(params);
    if (known === undefined) this.add(params, { t: "urlParams", text: "", of: url });
    else Object.assign(this.nodes[known]!, { text: "", of: url });
  }

  refOf(value: unknown): Entry | undefined {
    const ref = this.seen.get(value);
    return ref === undefined ? undefined : { ref };
  }

  encodeVariable(name: string, value: unknown): Entry {
    return this.trail.within({ kind: "variable", name }, () => this.encode(value));
  }

  encodeProperty(text: string, value: unknown): Entry {
    return this.trail.within({ kind: "property", text }, () => this.encode(value));
  }

  addBuffer(bytes: Uint8Array): BufferRange {
    const offset = this.buffersLength;
    this.buffers.push(bytes);
    this.buffersLength += bytes.byteLength;
    this.bytes += bytes.byteLength;
    return [offset, bytes.byteLength];
  }

  addCode(code: PackedDefinition): number {
    const index = this.codes.indexOf(code);
    return index >= 0 ? index : this.codes.push(code) - 1;
  }

  addModule(module: ModuleRef, unit?: Unit): number {
    const key = JSON.stringify(module);
    let index = this.moduleIndex.get(key);
    if (index === undefined) {
      index = this.modules.push(module) - 1;
      this.moduleIndex.set(key, index);
    }
    if (unit !== undefined) this.addUnit(unit);
    return index;
  }

  /** For modules that are loaded only when they are asked for. */
  addUnit(unit: Unit): void {
    this.units.add(unit);
  }

  /** The error that the value at the end of the trail cannot be copied. */
  refuse(reason: string, hint?: string, options?: ErrorOptions): Error {
    return this.trail.error(reason, hint, options);
  }

  /** All definitions of the capture, the root last. */
  finish(root: Entry): { readonly token: string; readonly definitions: readonly Definition[] } {
    this.cells.assign(this.trail);
    const dependencies = new Set<Definition>();
    const addUnit = (unit: Unit): void => {
      if (dependencies.has(unit.definition)) return;
      for (const need of unit.needs) addUnit(need);
      dependencies.add(unit.definition);
    };
    for (const unit of this.units) addUnit(unit);
    for (const code of this.codes) dependencies.add(code);
    const head: FunctionHead = {
      kind: "function",
      root,
      nodes: this.nodes,
      codes: this.codes.map((code) => code.identity),
      modules: this.modules,
    };
    const needs = [...dependencies].map((definition) => definition.hash);
    const { identity, bytes } = packDefinition(head, this.buffers, undefined, needs);
    const definition: Definition = { hash: identity, bytes, needs };
    return { token: identity, definitions: [...dependencies, definition] };
  }

  private encodeSymbol(symbol: symbol): Entry {
    const key = Symbol.keyFor(symbol);
    if (key !== undefined) return { symbolFor: key };
    const wellKnown = wellKnownSymbols.get(symbol);
    if (wellKnown !== undefined) return { wellKnown };
    const known = this.seen.get(symbol);
    if (known !== undefined) return { ref: known };
    return this.add(symbol, { t: "symbol", description: this.encode(symbol.description) });
  }
}

const wellKnownSymbols = new Map<symbol, string>(
  Object.getOwnPropertyNames(Symbol).flatMap((name): [symbol, string][] => {
    const value = (Symbol as unknown as Record<string, unknown>)[name];
    return typeof value === "symbol" ? [[value, name]] : [];
  }),
);
