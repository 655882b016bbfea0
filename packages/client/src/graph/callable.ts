/** A function as rows of a graph refer to it. */
import { BUILTIN_PREFIX, type BuiltinName, type DefinitionRecord } from "@heddle/protocol";
import type { Hash } from "./hash128.js";
import { seedOf, uniquePrefix } from "./task-keys.js";

export interface Callable {
  /** Definition hash, or "builtin:<name>". */
  readonly function: string;
  /** The tasks' group, and how their keys begin. */
  readonly name: string;
  /** `<name>-`, and what keys with a serial number have before that. */
  readonly prefix: Uint8Array;
  readonly uniquePrefix: Uint8Array;
  /** What hashes of pure keys begin with. */
  readonly seed: Hash;
  readonly definitions: readonly DefinitionRecord[];
}

export function callable(name: string, hash: string, definitions: readonly DefinitionRecord[]): Callable {
  const prefix = Buffer.from(`${name}-`);
  return { function: hash, name, prefix, uniquePrefix: uniquePrefix(prefix), seed: seedOf(hash), definitions };
}

/** What every worker knows without being told. */
export function builtin(builtinName: BuiltinName, name: string): Callable {
  return callable(name, BUILTIN_PREFIX + builtinName, []);
}
