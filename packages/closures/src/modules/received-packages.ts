import type { PackagePlace } from "../wire/heads.js";
import type { Unit } from "./placed-files.js";

/** A package that travels. */
export interface PackageInUnit {
  readonly unit: Unit;
  readonly index: number;
}

/** Packages that came with a function, by the directory they were put into. */
const received = new Map<string, PackageInUnit>();

export function registerPackages(directories: readonly string[], unit: Unit): void {
  directories.forEach((directory, index) => received.set(directory, { unit, index }));
}

/** A package that came with a function goes with the functions that are captured here, too. */
export function receivedPackage(directory: string): PackageInUnit | undefined {
  return received.get(directory);
}

/** Identities of the units that were made here. */
const own = new Set<string>();

export function registerOwnPackages(unit: Unit): void {
  own.add(unit.definition.identity);
}

export function isOwnPackage([unit]: PackagePlace): boolean {
  return own.has(unit);
}
