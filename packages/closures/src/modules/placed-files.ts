import type { PackedDefinition } from "../wire/definition.js";

/** Local files that import each other in a cycle (mostly one file), with what they import in turn. */
export interface FileUnit {
  readonly definition: PackedDefinition;
  readonly needs: readonly FileUnit[];
}

/** Where a local file is found at a worker. */
export interface FileInUnit {
  readonly unit: FileUnit;
  readonly file: number;
}

const placed = new Map<string, FileInUnit>();
/** By the identity of a unit that was made here: the paths of its files. */
const ownPaths = new Map<string, readonly string[]>();

/** Where a file is to be found, if it has been prepared here or has come from elsewhere. */
export function placeOf(file: string): FileInUnit | undefined {
  return placed.get(file);
}

/** The file itself, where it is this process's own: it is loaded here already, and must not be loaded a second time. */
export function ownFile(unit: string, file: number): string | undefined {
  return ownPaths.get(unit)?.[file];
}

/** Makes known a unit that came from elsewhere: functions captured inside a worker refer to it again. */
export function registerUnit(files: readonly string[], unit: FileUnit): void {
  files.forEach((file, index) => placed.set(file, { unit, file: index }));
}

/** Makes known a unit that was made here, of files that are loaded here already. */
export function registerOwnUnit(files: readonly string[], unit: FileUnit): void {
  ownPaths.set(unit.definition.identity, files);
  registerUnit(files, unit);
}
