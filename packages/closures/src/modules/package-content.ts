import fs from "node:fs";
import path from "node:path";
import { PackageNotShippableError } from "../errors.js";

/** A function and the packages that come with it have to fit into a message. */
export const MOST_BYTES = 32 * 2 ** 20;

/** The parts of package.json that decide what travels. */
export interface InstalledPackage {
  readonly directory: string;
  readonly name: string;
  readonly version: string | null;
  /** Names of the packages it uses. */
  readonly dependencies: readonly string[];
  /** Those of them that it also works without. */
  readonly optional: ReadonlySet<string>;
  /** Why it cannot run on another machine as it is. */
  readonly native: string | undefined;
  readonly files: readonly string[];
}

export interface PackageFile {
  /** With "/". */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}

export function readInstalled(directory: string): InstalledPackage {
  const json = JSON.parse(fs.readFileSync(path.join(directory, "package.json"), "utf8")) as Manifest;
  const peers = json.peerDependenciesMeta ?? {};
  const files = filesOf(directory);
  const dependencies = [json.dependencies, json.optionalDependencies, json.peerDependencies]
    .flatMap((names) => Object.keys(names ?? {}))
    // Nothing of these exists at run time.
    .filter((name) => !name.startsWith("@types/"));
  return {
    directory,
    name: json.name ?? path.basename(directory),
    version: json.version ?? null,
    dependencies: [...new Set(dependencies)].sort(),
    optional: new Set(Object.keys(peers).filter((name) => peers[name]?.optional === true)),
    native: nativePart(json, files),
    files,
  };
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean } | undefined>>;
  readonly os?: unknown;
  readonly cpu?: unknown;
}

function nativePart({ os, cpu }: Manifest, files: readonly string[]): string | undefined {
  const part = files.find((file) => /\.node$|^binding\.gyp$|^prebuilds\//.test(file));
  if (part !== undefined) return `it has a native part (${part})`;
  return os !== undefined || cpu !== undefined ? "it is made for one kind of machine (os, cpu)" : undefined;
}

/** All files but those of other packages below, and source maps, which nobody reads at run time. */
function filesOf(directory: string): string[] {
  const found: string[] = [];
  const walk = (below: string): void => {
    for (const entry of fs.readdirSync(path.join(directory, below), { withFileTypes: true })) {
      const file = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) {
        if (entry.name !== "node_modules" && entry.name !== ".git") walk(file);
      } else if (!entry.name.endsWith(".map") && isFile(path.join(directory, file), entry)) found.push(file);
    }
  };
  walk("");
  return found.sort();
}

function isFile(file: string, entry: fs.Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isFile();
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

/** @throws PackageNotShippableError when there is too much of it */
export function contentOf({ directory, name, files }: InstalledPackage): PackageFile[] {
  const content: PackageFile[] = [];
  let total = 0;
  for (const file of files) {
    const { size, mode } = fs.statSync(path.join(directory, file));
    total += size;
    if (total > MOST_BYTES) throw new PackageNotShippableError(name, tooLarge(total));
    content.push({
      path: file,
      bytes: fs.readFileSync(path.join(directory, file)),
      executable: (mode & 0o111) !== 0,
    });
  }
  return content;
}

export function tooLarge(bytes: number): string {
  return `it takes more than ${megabytes(MOST_BYTES)} (${megabytes(bytes)} and more)`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
