import type { PackedDefinition } from "../wire/definition.js";
import { currentShipping, type Shipping } from "./shipping.js";

/**
 * What travels as one definition, with what it needs in turn: local files that import each other in a cycle (mostly one file), or
 * packages that depend on each other so (mostly one).
 */
export interface Unit {
  readonly definition: PackedDefinition;
  readonly needs: readonly Unit[];
}

/** Where a local file is found at a worker. */
export interface FileInUnit {
  readonly unit: Unit;
  readonly file: number;
}

/** Files that came from elsewhere. */
const received = new Map<string, FileInUnit>();
/** This process's own files. A unit says which packages come with it, so there is one for each choice of packages. */
const own = new WeakMap<Shipping, Map<string, FileInUnit>>();
/** By the identity of a unit that was made here: the paths of its files. */
const ownPaths = new Map<string, readonly string[]>();

/** Where a file is to be found, if it has been prepared here or has come from elsewhere. */
export function placeOf(file: string): FileInUnit | undefined {
  return received.get(file) ?? own.get(currentShipping())?.get(file);
}

/** The file itself, where it is this process's own: it is loaded here already, and must not be loaded a second time. */
export function ownFile(unit: string, file: number): string | undefined {
  return ownPaths.get(unit)?.[file];
}

/** Makes known a unit that came from elsewhere: functions captured inside a worker refer to it again. */
export function registerUnit(files: readonly string[], unit: Unit): void {
  files.forEach((file, index) => received.set(file, { unit, file: index }));
}

/** Makes known a unit that was made here, of files that are loaded here already. */
export function registerOwnUnit(files: readonly string[], unit: Unit): void {
  ownPaths.set(unit.definition.identity, files);
  const shipping = currentShipping();
  let places = own.get(shipping);
  if (places === undefined) own.set(shipping, (places = new Map<string, FileInUnit>()));
  for (const [index, file] of files.entries()) places.set(file, { unit, file: index });
}
