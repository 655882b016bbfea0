import type { AnyFunction } from "../any-function.js";
import type { Debugger, Runtime } from "node:inspector";
import * as session from "./session.js";

/** One scope that a function closes over, as V8 materialised it: a copy of the variables' values at this instant. */
export interface ScopeSnapshot {
  /** "Module", "Block", "Closure (name)", "Script", "Catch", "Global"... */
  readonly kind: string;
  readonly variables: object;
}

export interface BoundFunction {
  readonly target: AnyFunction;
  readonly receiver: unknown;
  readonly args: readonly unknown[];
}

export interface FunctionInternals {
  /** Where V8 says the function stands (its parameter list); absent for native functions. */
  readonly location: Debugger.Location | undefined;
  /** From the innermost outwards. */
  readonly scopes: readonly ScopeSnapshot[];
  readonly bound: BoundFunction | undefined;
}

type Answers = Pick<typeof session, "internalSlots" | "grab">;

/** Asks the inspector what a function closes over. Call within `withInspector`. */
export function functionInternals(fn: AnyFunction, { internalSlots, grab }: Answers = session): FunctionInternals {
  const slots = internalSlots(fn);
  const target = slots["[[TargetFunction]]"];
  if (target !== undefined) return { location: undefined, scopes: [], bound: readBound(slots, grab) };
  const location = slots["[[FunctionLocation]]"]?.value as Debugger.Location | undefined;
  const remoteScopes = slots["[[Scopes]]"];
  return { location, scopes: remoteScopes?.objectId ? readScopes(grab(remoteScopes)) : [], bound: undefined };
}

function readScopes(list: unknown): ScopeSnapshot[] {
  const remote = list as Record<number, { description: string; object: object } | undefined>;
  const scopes: ScopeSnapshot[] = [];
  for (let index = 0; ; index++) {
    const scope = remote[index];
    if (scope === undefined) return scopes;
    scopes.push({ kind: scope.description, variables: scope.object });
  }
}

function readBound(slots: session.InternalSlots, grab: Answers["grab"]): BoundFunction {
  const receiver = slots["[[BoundThis]]"];
  const args = grab(slots["[[BoundArgs]]"]!) as ArrayLike<unknown>;
  return {
    target: grab(slots["[[TargetFunction]]"]!) as AnyFunction,
    receiver: receiver === undefined ? undefined : liveValue(receiver, grab),
    args: Array.from({ length: args.length }, (_, index) => args[index]),
  };
}

/** A remote value that may be a primitive, which the protocol sends as text where JSON has no form for it. */
function liveValue(remote: Runtime.RemoteObject, grab: Answers["grab"]): unknown {
  if (remote.objectId !== undefined) return grab(remote);
  const text = remote.unserializableValue;
  if (text === undefined) return remote.value as unknown;
  return text.endsWith("n") ? BigInt(text.slice(0, -1)) : Number(text);
}
