/** A function as rows of a graph refer to it. */
import { callDefinition, type CapturedDefinitions } from "@heddle/closures";
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

/** The last one made of each: neighbouring calls mostly bring the same. */
const calls = new WeakMap<Callable, { readonly brought: readonly CapturedDefinitions[]; readonly call: Callable }>();

/** The function called with arguments that hold functions and classes, whose definitions go with its own. Keys stay what they are. */
export function bringing(base: Callable, brought: readonly CapturedDefinitions[]): Callable {
  const last = calls.get(base);
  if (last?.brought.length === brought.length && last.brought.every((each, index) => each === brought[index]))
    return last.call;
  const definition = callDefinition(
    base.function,
    brought.map(({ token }) => token),
  );
  const definitions = [...base.definitions, ...brought.flatMap((each) => each.definitions), definition];
  const call = { ...base, function: definition.hash, definitions };
  calls.set(base, { brought: [...brought], call });
  return call;
}

/** What every worker knows without being told. */
export function builtin(builtinName: BuiltinName, name: string): Callable {
  return callable(name, BUILTIN_PREFIX + builtinName, []);
}
