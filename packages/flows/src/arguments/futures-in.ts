/** Futures among arguments: in arrays, plain objects, Maps and Sets, at any depth. */
import { isTaskFuture, type TaskFuture } from "../future/task-future.js";
import { FailureAllowed, Quoted } from "./marks.js";

export type Found = TaskFuture<unknown> | FailureAllowed<unknown>;

/** Calls `found` for each future, as often as it stands there. @returns whether anything has to be replaced: futures, quotes. */
export function findFutures(args: readonly unknown[], found: (future: Found) => void): boolean {
  let any = false;
  for (const value of args)
    if (typeof value === "object" && value !== null && visit(value, found, undefined)) any = true;
  return any;
}

function visit(value: object, found: (future: Found) => void, above: Set<object> | undefined): boolean {
  if (isTaskFuture(value) || value instanceof FailureAllowed) {
    found(value);
    return true;
  }
  if (value instanceof Quoted) return true;
  const items = itemsOf(value);
  if (items === undefined) return false;
  let any = false;
  for (const item of items) {
    if (typeof item !== "object" || item === null) continue;
    // Each object is looked at once: data may be shared, and may contain itself.
    above ??= new Set([value]);
    if (above.has(item)) continue;
    above.add(item);
    if (visit(item, found, above)) any = true;
  }
  return any;
}

/** What to look at inside; undefined: it is opaque. */
function itemsOf(value: object): Iterable<unknown> | undefined {
  if (Array.isArray(value)) return value as unknown[];
  if (value instanceof Map) return entriesOf(value as Map<unknown, unknown>);
  if (value instanceof Set) return value as Set<unknown>;
  return isPlain(value) ? Object.values(value) : undefined;
}

function* entriesOf(map: Map<unknown, unknown>): Iterable<unknown> {
  for (const [key, value] of map) {
    yield key;
    yield value;
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A copy with each future replaced; what holds none stays the same object. */
export function replaceFutures(args: readonly unknown[], replace: (future: Found) => unknown): unknown[] {
  const copies = new Map<object, unknown>();
  return args.map((value) => replaced(value, replace, copies));
}

function replaced(value: unknown, replace: (future: Found) => unknown, copies: Map<object, unknown>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isTaskFuture(value) || value instanceof FailureAllowed) return replace(value);
  if (value instanceof Quoted) return value.value;
  if (itemsOf(value) === undefined) return value;
  if (copies.has(value)) return copies.get(value);
  if (!visit(value, () => undefined, undefined)) {
    copies.set(value, value);
    return value;
  }
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    copies.set(value, copy);
    for (const item of value as unknown[]) copy.push(replaced(item, replace, copies));
    return copy;
  }
  if (value instanceof Map) {
    const copy = new Map();
    copies.set(value, copy);
    for (const [key, item] of value as Map<unknown, unknown>)
      copy.set(replaced(key, replace, copies), replaced(item, replace, copies));
    return copy;
  }
  if (value instanceof Set) {
    const copy = new Set();
    copies.set(value, copy);
    for (const item of value as Set<unknown>) copy.add(replaced(item, replace, copies));
    return copy;
  }
  const copy = Object.create(Object.getPrototypeOf(value) as object | null) as Record<string, unknown>;
  copies.set(value, copy);
  for (const [name, item] of Object.entries(value))
    Object.defineProperty(copy, name, {
      value: replaced(item, replace, copies),
      configurable: true,
      enumerable: true,
      writable: true,
    });
  return copy;
}
