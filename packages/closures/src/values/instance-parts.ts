/** An instance, put together from the parts it travelled in. What takes it apart is `instance-extension.ts`. */
import type { ValueReader } from "@heddle/protocol/values";
import type { AnyFunction } from "../any-function.js";
import { impose } from "../integrity.js";
import { ACCESSOR, CONFIGURABLE, ENUMERABLE, WRITABLE, type Integrity } from "../wire/heads.js";

/** What an instance is underneath: which builtin made it, and so which content it has beside properties. */
export const Base = { object: 0, error: 1, map: 2, set: 3, array: 4 } as const;
export type Base = (typeof Base)[keyof typeof Base];

/** What an instance is closed to, by its number on the wire. */
export const INTEGRITIES: readonly (Integrity | undefined)[] = [undefined, "fixed", "sealed", "frozen"];

/** Reads what follows the class of an instance. */
export function readInstance(type: AnyFunction, reader: ValueReader): object {
  const base = reader.varint() as Base;
  const integrity = INTEGRITIES[reader.varint()];
  const value = reader.remember(Object.setPrototypeOf(empty(base), type.prototype as object) as object);
  readContent(value, base, reader);
  readProperties(value, reader);
  if (integrity !== undefined) impose(integrity, value);
  return value;
}

function empty(base: Base): object {
  switch (base) {
    case Base.object:
      return {};
    case Base.error:
      return new Error();
    case Base.map:
      return new Map();
    case Base.set:
      return new Set();
    case Base.array:
      return [];
  }
}

function readContent(value: object, base: Base, reader: ValueReader): void {
  if (base === Base.map) {
    for (const [key, item] of reader.value() as [unknown, unknown][]) Map.prototype.set.call(value, key, item);
  } else if (base === Base.set) {
    for (const item of reader.value() as unknown[]) Set.prototype.add.call(value, item);
  } else if (base === Base.error)
    Object.defineProperty(value, "stack", { value: reader.value(), writable: true, configurable: true });
}

function readProperties(value: object, reader: ValueReader): void {
  for (let left = reader.varint(); left > 0; left--) {
    const key = reader.value() as PropertyKey;
    const flags = reader.varint();
    const content = reader.value();
    const attributes = { enumerable: (flags & ENUMERABLE) !== 0, configurable: (flags & CONFIGURABLE) !== 0 };
    if ((flags & ACCESSOR) !== 0) {
      const [get, set] = content as [() => unknown, (value: unknown) => void];
      Object.defineProperty(value, key, { ...attributes, get, set });
    } else Object.defineProperty(value, key, { ...attributes, value: content, writable: (flags & WRITABLE) !== 0 });
  }
}
