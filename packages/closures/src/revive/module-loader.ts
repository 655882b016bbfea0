import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ExportMissingError, PackageNotInstalledError, RequiredFileNotSentError } from "../errors.js";
import { ownFile, type Unit } from "../modules/placed-files.js";
import { liveImport } from "../modules/live-imports.js";
import { rememberOrigin, rememberStandIn, type ImportOrigin, type ImportTarget } from "../modules/origins.js";
import { isOwnPackage } from "../modules/received-packages.js";
import { packageNameOf } from "../modules/packages.js";
import { isPath } from "../modules/resolve.js";
import type { ImportEntry, ModuleRef } from "../wire/heads.js";
import type { DefinitionStore } from "./definition-store.js";
import { applyForm } from "./interop.js";
import type { World } from "./world.js";

type FileModule = Extract<ModuleRef, { kind: "file" }>;
type PackageModule = Extract<ModuleRef, { kind: "package" }>;
type PackageFileModule = Extract<ModuleRef, { kind: "packageFile" }>;

export type SelfModules = Readonly<Record<string, () => unknown>>;

/** Loads the modules that functions import, each once, and picks members out of them. */
export class ModuleLoader {
  private readonly loaded = new Map<string, unknown>();
  private readonly files: (readonly [unit: string, file: number, namespace: unknown])[] = [];
  private readonly loading = new Map<string, Promise<void>>();
  private readonly require: NodeJS.Require;

  constructor(
    private readonly baseDir: string,
    private readonly self: SelfModules,
    private readonly store: DefinitionStore,
    private readonly world: World,
  ) {
    this.require = createRequire(path.join(path.resolve(baseDir), "heddle-worker.js"));
  }

  /** Loads what is not loaded yet; undefined when everything is there, so that the caller need not wait. */
  ensure(modules: readonly ModuleRef[]): Promise<unknown> | undefined {
    let pending: Promise<void>[] | undefined;
    for (const module of modules) {
      const key = keyOf(module);
      if (this.loaded.has(key)) continue;
      let promise = this.loading.get(key);
      if (promise === undefined) {
        const value = this.load(module);
        if (!(value instanceof Promise)) {
          this.keep(module, value);
          continue;
        }
        promise = value.then((settled) => this.keep(module, settled)).finally(() => this.loading.delete(key));
        this.loading.set(key, promise);
      }
      (pending ??= []).push(promise);
    }
    return pending && Promise.all(pending);
  }

  private keep(module: ModuleRef, value: unknown): void {
    this.loaded.set(keyOf(module), value);
    if (module.kind === "file") this.files.push([module.unit, module.file, value]);
  }

  /** A module's namespace or exports; it must have been ensured. */
  module(module: ModuleRef): unknown {
    return this.loaded.get(keyOf(module));
  }

  /** What an import entry means. */
  imported(module: ModuleRef, { path: members = [], form }: ImportEntry): unknown {
    const live = liveImport(module, members);
    if (live !== undefined) return live;
    let value = applyForm(this.module(module), form);
    for (const member of members) value = this.member(module, value, member);
    const unit = unitOfModule(module, this.store);
    rememberOrigin(value, { module, unit, path: members, form } satisfies ImportOrigin);
    return value;
  }

  /** The loaded file that exports a value, and under which name. */
  exportOf(value: unknown): readonly [unit: string, file: number, name: string] | undefined {
    for (const [unit, file, namespace] of this.files)
      for (const [name, exported] of Object.entries(Object(namespace) as Record<string, unknown>))
        if (exported === value) return [unit, file, name];
    return undefined;
  }

  /** The `require` of a function: literal specifiers mean the client's modules, others are looked for from the base directory. */
  requireOf(targets: ReadonlyMap<string, ImportTarget>, caller: () => string | undefined): NodeJS.Require {
    const own = (specifier: string): unknown => {
      const module = targets.get(specifier)?.module;
      if (module === undefined) return sent(this.require, specifier);
      if (!this.loaded.has(keyOf(module))) this.keep(module, this.load(module));
      return this.module(module);
    };
    const sent = <T>(find: (specifier: string) => T, specifier: string): T => {
      if (typeof specifier === "string" && isPath(specifier)) throw new RequiredFileNotSentError(specifier, caller());
      return find(specifier);
    };
    const resolve = Object.assign(
      (specifier: string, options?: { paths?: string[] }) =>
        sent((name) => this.require.resolve(name, options), specifier),
      { paths: (request: string) => this.require.resolve.paths(request) },
    );
    const require = Object.assign(own, this.require, { resolve });
    Object.defineProperty(require, "name", { value: "require", configurable: true });
    return rememberStandIn(require, { kind: "require", targets });
  }

  private member(module: ModuleRef, owner: unknown, name: string): unknown {
    if (owner !== null && owner !== undefined && name in Object(owner)) return (owner as Record<string, unknown>)[name];
    // A CommonJS module whose names Node could not find statically has them on its default export.
    const inner = (owner as { default?: unknown } | null | undefined)?.default;
    if (inner !== null && inner !== undefined && name in Object(inner)) return (inner as Record<string, unknown>)[name];
    // A builtin loaded by require is its own default.
    if (module.kind === "builtin" && name === "default") return owner;
    throw new ExportMissingError(describe(module, this.store), name);
  }

  private load(module: ModuleRef): unknown {
    switch (module.kind) {
      case "self":
        return this.loadSelf(module.specifier);
      case "url":
        return import(module.specifier);
      case "builtin":
        return module.mode === "require" ? this.require(module.specifier) : import(module.specifier);
      case "file": {
        const own = ownFile(module.unit, module.file);
        return own === undefined ? this.loadPlaced(module) : this.loadOwn(own, module);
      }
      case "package":
        return this.explained(module, () => this.loadPackage(module));
      case "packageFile": {
        const file = this.packageFile(module);
        if (file === undefined) throw new PackageNotInstalledError(module.name, module.version, this.baseDir);
        return this.explained(module, () =>
          module.mode === "require" ? this.require(file) : import(pathToFileURL(file).href),
        );
      }
    }
  }

  /** A file that this process has itself: a value came back to where its class was written. */
  private loadOwn(file: string, module: FileModule): unknown {
    if (module.mode === "require") return this.require(file);
    // A test runner's loader is not Node's: what Node cannot load as it stands comes from the transpiled copy.
    return import(pathToFileURL(file).href).catch(() => this.loadPlaced(module));
  }

  private loadPlaced(module: FileModule): unknown {
    const placed = this.world.place(module.unit, module.file);
    if (placed.path.endsWith(".json")) {
      const value = JSON.parse(fs.readFileSync(placed.path, "utf8")) as unknown;
      return module.mode === "require" ? value : { ...Object(value), default: value };
    }
    return this.explained(module, () => (module.mode === "require" ? this.require(placed.path) : import(placed.url)));
  }

  private loadSelf(specifier: string): unknown {
    const provide = this.self[specifier] ?? this.self[packageNameOf(specifier)];
    if (provide !== undefined) return provide();
    // Beside this package: a worker that was started in any directory has Heddle there.
    return import(specifier).catch(() => this.world.import(specifier));
  }

  private loadPackage({ specifier, mode, shipped }: PackageModule): unknown {
    const { packages } = this.world;
    // What this process sent is loaded here already, from where it is installed.
    if (shipped !== undefined && !isOwnPackage(shipped))
      return mode === "require" ? packages.require(shipped, specifier) : packages.import(shipped, specifier);
    return mode === "require" ? this.require(specifier) : this.world.import(specifier);
  }

  private packageFile({ name, file, shipped }: PackageFileModule): string | undefined {
    if (shipped !== undefined && !isOwnPackage(shipped))
      return path.join(this.world.packages.directoryOf(shipped), file);
    for (const directory of this.require.resolve.paths(name) ?? []) {
      const candidate = path.join(directory, name, file);
      if (fs.existsSync(candidate)) return candidate;
    }
    return undefined;
  }

  /** Runs a load, and turns Node's "cannot find package" into an error that names the package, its version and where it was looked for. */
  private explained(module: ModuleRef, load: () => unknown): unknown {
    try {
      const value = load();
      return value instanceof Promise
        ? value.catch((error: unknown) => Promise.reject(this.explain(module, error)))
        : value;
    } catch (error) {
      throw this.explain(module, error);
    }
  }

  private explain(module: ModuleRef, error: unknown): Error {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return error as Error;
    const [, missing, importer] =
      /Cannot find (?:package|module) '([^']+)'(?: imported from (\S+))?/.exec(message) ?? [];
    if (missing === undefined || path.isAbsolute(missing)) return error as Error;
    const stack = /\n- (\/\S+)/.exec(message)?.[1];
    const by = this.world.placed(importer ?? stack ?? "")?.clientPath;
    return new PackageNotInstalledError(missing, this.clientVersion(module, missing), this.baseDir, {
      cause: error,
      importedBy: by,
    });
  }

  private clientVersion(module: ModuleRef, specifier: string): string | undefined {
    if (module.kind === "package" || module.kind === "packageFile") return module.version;
    if (module.kind !== "file") return undefined;
    const name = packageNameOf(specifier);
    const seen = new Set<string>();
    const search = (identity: string): string | undefined => {
      if (seen.has(identity)) return undefined;
      seen.add(identity);
      const { head, origin } = this.store.filesOf(identity);
      if (Object.hasOwn(origin.packages, name)) return origin.packages[name];
      for (const need of head.units) {
        const version = search(need);
        if (version !== undefined) return version;
      }
      return undefined;
    };
    return search(module.unit);
  }
}

/** The definitions behind a module, so that a function captured in this process can refer to it. */
export function unitOfModule(module: ModuleRef, store: DefinitionStore): Unit | undefined {
  if (module.kind === "file") return store.unitOf(module.unit);
  const isPackage = module.kind === "package" || module.kind === "packageFile";
  return isPackage && module.shipped !== undefined ? store.unitOf(module.shipped[0]) : undefined;
}

const keys = new WeakMap<ModuleRef, string>();

function keyOf(module: ModuleRef): string {
  let key = keys.get(module);
  if (key === undefined) keys.set(module, (key = JSON.stringify(module)));
  return key;
}

function describe(module: ModuleRef, store: DefinitionStore): string {
  switch (module.kind) {
    case "file":
      return store.filesOf(module.unit).origin.paths[module.file] ?? "a local file";
    case "packageFile":
      return `${module.name}/${module.file}`;
    default:
      return module.specifier;
  }
}

/** The `import()` of a function: literal specifiers mean the client's modules, others are resolved here. */
export function dynamicImporter(
  literals: ReadonlyMap<string, ImportTarget>,
  load: (module: ModuleRef) => Promise<unknown>,
  world: World,
): (specifier: unknown) => Promise<unknown> {
  return async (requested) => {
    const specifier = requested instanceof URL ? requested.href : String(requested);
    const module = literals.get(specifier)?.module;
    if (module !== undefined) return load(module);
    if (/^(?:\.{1,2}\/|\/|file:)/.test(specifier)) {
      const file = specifier.startsWith("file:") ? fileURLToPath(specifier) : specifier;
      throw new ExportMissingError(file, "default");
    }
    return world.import(specifier);
  };
}
