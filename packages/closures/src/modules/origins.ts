import type { ImportEntry, ModuleRef } from "../wire/heads.js";
import type { Unit } from "./placed-files.js";

/** Where a value came from that was imported for a task: it is captured again as that import, not copied. */
export interface ImportOrigin {
  readonly module: ModuleRef;
  readonly unit: Unit | undefined;
  readonly path: readonly string[];
  readonly form: ImportEntry["form"];
}

const origins = new WeakMap<object, ImportOrigin>();

export function rememberOrigin(value: unknown, origin: ImportOrigin): void {
  if (((typeof value === "object" && value !== null) || typeof value === "function") && !origins.has(value))
    origins.set(value, origin);
}

export function originOf(value: object): ImportOrigin | undefined {
  return origins.get(value);
}

/** A module that a literal specifier of the client's code means. */
export interface ImportTarget {
  readonly module: ModuleRef;
  readonly unit: Unit | undefined;
}

/** What stands for `import()`, `require`, `import.meta` and the global object in revived functions: functions inside those may be captured again. */
export type StandIn =
  | { readonly kind: "import"; readonly targets: ReadonlyMap<string, ImportTarget> }
  | { readonly kind: "require"; readonly targets: ReadonlyMap<string, ImportTarget> }
  | { readonly kind: "meta"; readonly file: string }
  | { readonly kind: "globals"; readonly members: ReadonlyMap<PropertyKey, unknown> };

const standIns = new WeakMap<object, StandIn>();

export function rememberStandIn<T extends object>(object: T, standIn: StandIn): T {
  standIns.set(object, standIn);
  return object;
}

export function standInOf(object: object): StandIn | undefined {
  return standIns.get(object);
}
