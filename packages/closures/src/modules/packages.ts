import fs from "node:fs";
import path from "node:path";

/** A package.json with the directory it stands in. */
export interface PackageManifest {
  readonly directory: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly type: string | undefined;
}

const manifests = new Map<string, PackageManifest | null>();

function manifestIn(directory: string): PackageManifest | null {
  let manifest = manifests.get(directory);
  if (manifest === undefined) {
    try {
      const json = JSON.parse(fs.readFileSync(path.join(directory, "package.json"), "utf8")) as Record<string, unknown>;
      const text = (field: string): string | undefined => (typeof json[field] === "string" ? json[field] : undefined);
      manifest = { directory, name: text("name"), version: text("version"), type: text("type") };
    } catch {
      manifest = null;
    }
    manifests.set(directory, manifest);
  }
  return manifest;
}

/** The package.json that decides a file's module format. */
export function nearestManifest(file: string): PackageManifest | undefined {
  return firstAbove(file, manifestIn) ?? undefined;
}

/** The package a file belongs to: the nearest manifest that has a name (`dist/package.json` with only a `type` does not count). */
export function packageOf(file: string): (PackageManifest & { readonly name: string }) | undefined {
  const named = firstAbove(file, (directory) => {
    const manifest = manifestIn(directory);
    return manifest?.name === undefined ? null : manifest;
  });
  return named as (PackageManifest & { readonly name: string }) | undefined;
}

/** The package of this name that a file would import. */
export function installedPackage(packageName: string, fromFile: string): PackageManifest | undefined {
  return firstAbove(fromFile, (directory) => manifestIn(path.join(directory, "node_modules", packageName)));
}

export function packageNameOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

export function isInNodeModules(file: string): boolean {
  return /[\\/]node_modules[\\/]/.test(file);
}

function firstAbove<T>(file: string, find: (directory: string) => T | null): T | undefined {
  for (let directory = path.dirname(file); ; directory = path.dirname(directory)) {
    const found = find(directory);
    if (found !== null) return found;
    if (path.dirname(directory) === directory) return undefined;
  }
}
