import fs from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { installedPackage, isInNodeModules, packageNameOf, packageOf } from "./packages.js";
import { compilerSettings } from "./tsconfig.js";

/** What a specifier in the client's source means for a worker. */
export type Resolution =
  | { readonly kind: "builtin"; readonly specifier: string }
  | { readonly kind: "package"; readonly specifier: string; readonly version?: string; readonly directory?: string }
  | {
      readonly kind: "packageFile";
      readonly name: string;
      readonly file: string;
      readonly version?: string;
      readonly directory: string;
    }
  | { readonly kind: "file"; readonly file: string }
  /** Heddle itself: the worker's own instance serves it. */
  | { readonly kind: "self"; readonly specifier: string }
  | { readonly kind: "url"; readonly specifier: string }
  | { readonly kind: "missing" };

/** Packages of which there must be one instance on a worker: its own. */
export const SELF = /^(heddle|@heddle\/[^/]+)(\/|$)/;

/** Whether a specifier is a path, as opposed to the name of a package or a builtin. */
export function isPath(specifier: string): boolean {
  return /^\.{1,2}(?:\/|$)/.test(specifier) || path.isAbsolute(specifier);
}

/** @param fromFile absolute path of the importing file; none for code that stands in no file */
export function resolveSpecifier(specifier: string, fromFile: string | undefined): Resolution {
  if (isBuiltin(specifier))
    return { kind: "builtin", specifier: specifier.startsWith("node:") ? specifier : `node:${specifier}` };
  if (/^(data|https?):/.test(specifier)) return { kind: "url", specifier };
  if (SELF.test(specifier)) return { kind: "self", specifier };
  if (specifier.startsWith("file:")) return resolvedPath(fileURLToPath(specifier.replace(/[?#].*$/, "")));
  if (path.isAbsolute(specifier)) return resolvedPath(specifier);
  const from = fromFile ?? path.join(process.cwd(), "repl.js");
  if (/^\.{1,2}(\/|$)/.test(specifier)) return resolvedPath(path.resolve(path.dirname(from), specifier));
  return resolveBare(specifier, from);
}

/** What a file that is known already means for a worker. */
export function resolveFile(file: string): Resolution {
  const self = selfSpecifier(file);
  if (self !== undefined) return { kind: "self", specifier: self };
  if (isInNodeModules(file)) {
    const owner = packageOf(file);
    if (owner !== undefined)
      return {
        kind: "packageFile",
        name: owner.name,
        file: path.relative(owner.directory, file).split(path.sep).join("/"),
        directory: owner.directory,
        ...(owner.version !== undefined && { version: owner.version }),
      };
  }
  return { kind: "file", file };
}

/** The specifier under which a file of Heddle's own (in a checkout or installed) is imported: of its package, or an entry of that. */
function selfSpecifier(file: string): string | undefined {
  const owner = packageOf(file);
  if (owner === undefined || !SELF.test(owner.name)) return undefined;
  // In a checkout of the library its tests and examples lie in its packages too; they are clients.
  const isOwn = isInNodeModules(file) || /^(src|dist)[\\/]/.test(path.relative(owner.directory, file));
  return isOwn ? owner.name + (entriesOf(owner.directory).get(file) ?? "") : undefined;
}

const entries = new Map<string, ReadonlyMap<string, string>>();

/** What follows the package's name ("/task") in the specifier of each file that one of its `exports` names. */
function entriesOf(directory: string): ReadonlyMap<string, string> {
  let known = entries.get(directory);
  if (known === undefined) {
    const { exports = {} } = JSON.parse(fs.readFileSync(path.join(directory, "package.json"), "utf8")) as {
      exports?: Readonly<Record<string, { readonly default?: string }>>;
    };
    known = new Map(
      Object.entries(exports).flatMap(([entry, { default: target }]) =>
        target === undefined ? [] : [[path.join(directory, target), entry.slice(1)]],
      ),
    );
    entries.set(directory, known);
  }
  return known;
}

function resolvedPath(base: string): Resolution {
  const file = existingSource(base);
  return file === undefined ? { kind: "missing" } : resolveFile(file);
}

function resolveBare(specifier: string, from: string): Resolution {
  for (const candidate of compilerSettings(from)?.matchPaths?.(specifier) ?? []) {
    const file = existingSource(candidate);
    if (file !== undefined) return resolveFile(file);
  }
  const linked = linkedFile(specifier, from);
  if (linked !== undefined) return resolveFile(linked);
  if (specifier.startsWith("#")) return { kind: "missing" };
  const installed = installedPackage(packageNameOf(specifier), from);
  if (installed === undefined) return { kind: "package", specifier };
  const { version, directory } = installed;
  return { kind: "package", specifier, directory, ...(version !== undefined && { version }) };
}

/** A bare specifier that leads out of node_modules: a workspace's own package, or one of package.json's `imports`. */
function linkedFile(specifier: string, from: string): string | undefined {
  try {
    const file = fs.realpathSync(createRequire(from).resolve(specifier));
    return path.isAbsolute(file) && !isInNodeModules(file) ? file : undefined;
  } catch {
    // Not found, or exported for `import` only: a package, which the worker resolves by its own rules.
    return undefined;
  }
}

/**
 * The source file an import path means, by the rules of TypeScript's loaders: "./a.js" may be a.ts, "./a" may be a.ts or
 * a/index.ts. A real file of the very name comes first.
 */
function existingSource(base: string): string | undefined {
  const typescript = base.replace(/\.(m|c)?js(x)?$/, ".$1ts$2");
  const extensions = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"];
  const candidates = [
    base,
    typescript,
    typescript.replace(/\.ts$/, ".tsx"),
    ...extensions.map((extension) => base + extension),
    ...extensions.map((extension) => path.join(base, `index${extension}`)),
  ];
  for (const candidate of candidates)
    if (fs.statSync(candidate, { throwIfNoEntry: false })?.isFile()) return fs.realpathSync(candidate);
  return undefined;
}
