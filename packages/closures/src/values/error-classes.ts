/**
 * Errors of tasks travel as what every process knows: name, message, stack, fields. What class one had is told beside it, so that
 * whoever sent that class, or imports it as the task did, gets an instance of it.
 */
import { createRequire } from "node:module";
import type { AnyFunction } from "../any-function.js";
import { classByKey, keyOfRevivedClass } from "../class-identity.js";
import { liveImport } from "../modules/live-imports.js";
import { originOf } from "../modules/origins.js";
import { ownFile } from "../modules/placed-files.js";
import { viteRoot } from "../modules/vite.js";
import { ownConstructor, ownProperty } from "../own-property.js";

/** A class that came by value, by its key; an export of a file; null: one that only its own process knows. */
export type ErrorClass = string | ExportedClass | null;
export type ExportedClass = readonly [unit: string, file: number, ...path: string[]];

/** Causes of causes that are looked at. */
const MOST_CAUSES = 10;

/**
 * The classes of an error and of its causes; undefined when none of them is worth telling.
 *
 * @param exportOf - finds a class among the exports of loaded files
 */
export function errorClassesOf(
  error: Error,
  exportOf: (type: AnyFunction) => ExportedClass | undefined,
): readonly ErrorClass[] | undefined {
  const classes: ErrorClass[] = [];
  for (let at: unknown = error; at instanceof Error && classes.length < MOST_CAUSES; at = at.cause) {
    const type = ownConstructor(Object.getPrototypeOf(at) as object);
    classes.push(type === undefined ? null : (keyOfRevivedClass(type) ?? imported(type) ?? exportOf(type) ?? null));
  }
  return classes.some((known) => known !== null) ? classes : undefined;
}

function imported(type: AnyFunction): ExportedClass | undefined {
  const origin = originOf(type);
  return origin?.module.kind === "file" ? [origin.module.unit, origin.module.file, ...origin.path] : undefined;
}

/** Makes an error, and its causes, instances of the classes they had, as far as this process has them. */
export function restoreErrorClasses(error: Error, classes: readonly ErrorClass[]): void {
  let at: unknown = error;
  for (const known of classes) {
    if (!(at instanceof Error)) return;
    const type = known === null ? undefined : typeof known === "string" ? classByKey(known) : ownClass(known);
    if (type !== undefined && type.prototype instanceof Error) {
      Object.setPrototypeOf(at, type.prototype);
      // It was put there because the class could not travel along.
      if (ownProperty(at, "name")?.value === type.prototype.name && ownProperty(at, "name")?.enumerable === false)
        Reflect.deleteProperty(at, "name");
    }
    at = at.cause;
  }
}

function ownClass([unit, file, ...path]: ExportedClass): AnyFunction | undefined {
  const module = { kind: "file", unit, file, mode: "import" } as const;
  let value: unknown = liveImport(module, path);
  if (value === undefined) {
    value = namespaceOf(ownFile(unit, file));
    for (const name of path) value = (value as Record<string, unknown> | undefined)?.[name];
  }
  return typeof value === "function" ? value : undefined;
}

/** Of a file that this process has loaded: it was sent because something here had imported it. */
function namespaceOf(file: string | undefined): unknown {
  // A test runner has loaded it in a way of its own, and Node would load it a second time.
  if (file === undefined || viteRoot() !== undefined) return undefined;
  try {
    return createRequire(file)(file);
  } catch {
    return undefined; // TypeScript that something else has transpiled, or a top-level await.
  }
}
