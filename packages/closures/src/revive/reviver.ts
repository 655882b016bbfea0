import type { AnyFunction } from "../any-function.js";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { DefinitionCorruptError } from "../errors.js";
import { rememberStandIn, type ImportTarget } from "../modules/origins.js";
import { registerMap, unregisterMap } from "../scripts/revived-maps.js";
import type { FunctionHead, ImportEntry, ModuleRef } from "../wire/heads.js";
import { errorClassesOf, type ErrorClass } from "../values/error-classes.js";
import { forgetCompiled } from "./compile.js";
import { DefinitionStore, type StoredFunction } from "./definition-store.js";
import { GraphBuilder, type GraphContext } from "./graph-builder.js";
import { dynamicImporter, ModuleLoader, unitOfModule, type SelfModules } from "./module-loader.js";
import { StackMapper } from "./stack-mapper.js";
import { World } from "./world.js";

export interface ReviverOptions {
  /** The directory from which bare imports are resolved: its node_modules and those above it. */
  readonly baseDir: string;
  /** Where local files of clients are written; made when the first arrives. Default: a new directory under the system's own. */
  readonly worldDir?: string;
  /**
   * Where npm packages that come with functions are put. Threads of a worker may share it; whoever gives it removes it. Default: in
   * `worldDir`.
   */
  readonly packagesDir?: string;
  /** The library's own packages by specifier: tasks get the worker's instance of them, never a second copy. */
  readonly self?: SelfModules;
}

/** Makes functions out of definitions, inside the thread that will run them. */
export class Reviver {
  private readonly store = new DefinitionStore();
  private readonly world: World;
  private readonly loader: ModuleLoader;
  private readonly revived = new Map<string, AnyFunction | Promise<AnyFunction>>();
  private readonly stacks: StackMapper;

  constructor(options: ReviverOptions) {
    const self = options.self ?? {};
    const key = `heddle.self.${path.resolve(options.baseDir)}`;
    this.world = new World(options.baseDir, options.worldDir, options.packagesDir, this.store, (specifier) => {
      (globalThis as Record<symbol, unknown>)[Symbol.for(key)] ??= (name: string) =>
        this.loader.module({ kind: "self", specifier: name });
      return { key, names: Object.keys(this.loader.module({ kind: "self", specifier }) as object) };
    });
    this.loader = new ModuleLoader(options.baseDir, self, this.store, this.world);
    this.stacks = new StackMapper(this.world);
  }

  has(hash: string): boolean {
    return this.store.has(hash);
  }

  /**
   * @param needs hashes of what this definition needs, where the caller knows them
   * @throws DefinitionCorruptError when the bytes do not have the hash
   */
  define(hash: string, bytes: Uint8Array, needs: readonly string[] = []): void {
    this.store.add(hash, bytes, needs);
  }

  /**
   * Lets go of functions and their code. Those that are in use stay what they are; to be revived again, they have to be defined again.
   * Files and packages stay: what they have been loaded into cannot be unloaded either.
   */
  forget(hashes: readonly string[]): void {
    for (const hash of hashes) {
      this.revived.delete(hash);
      const code = this.store.remove(hash);
      if (code === undefined) continue;
      forgetCompiled(code);
      const { url, line, column, map } = code.origin;
      if (map !== undefined) unregisterMap(url, { line, column }, code.head.text);
    }
  }

  /**
   * The function behind a token. A promise only the first time and only when modules have to be loaded; the same function from then
   * on.
   *
   * @throws DefinitionMissingError, PackageNotInstalledError, ExportMissingError, or what a module threw while loading (the promise
   *   rejects with them when it is one)
   */
  revive(token: string): AnyFunction | Promise<AnyFunction> {
    const known = this.revived.get(token);
    if (known !== undefined) return known;
    const callee = this.store.calleeOf(token);
    if (callee !== undefined) return this.revive(callee);
    const stored = this.store.functionOf(token);
    const pending = this.loadModules(stored.head);
    if (pending === undefined) {
      const fn = this.build(token, stored);
      this.revived.set(token, fn);
      return fn;
    }
    const promise = pending.then(() => {
      const fn = this.build(token, stored);
      this.revived.set(token, fn);
      return fn;
    });
    this.revived.set(token, promise);
    // A failed load is tried again next time: the package may have been installed meanwhile.
    promise.catch(() => this.revived.delete(token));
    return promise;
  }

  /**
   * Loads what the functions and classes behind these tokens import, so that reviving them needs no waiting: a value that holds
   * functions or instances is decoded in one go. Undefined when nothing has to be waited for.
   */
  prepare(tokens: readonly string[]): Promise<unknown> | undefined {
    let pending: Promise<unknown>[] | undefined;
    for (const token of tokens) {
      const fn = this.revive(token);
      if (fn instanceof Promise) (pending ??= []).push(fn);
    }
    return pending && Promise.all(pending);
  }

  /**
   * Rewrites the stack of an error that a task threw: positions become those in the client's own source, frames of Heddle itself
   * go.
   */
  mapStack(error: unknown): void {
    this.stacks.rewrite(error);
  }

  /** What classes an error and its causes have, for `restoreErrorClasses` where it arrives; undefined: only standard ones. */
  errorClasses(error: Error): readonly ErrorClass[] | undefined {
    return errorClassesOf(error, (type) => this.loader.exportOf(type));
  }

  /**
   * Where in the client's source the top level of an imported file is running at this moment: "/home/me/tasks.ts:4:1". Undefined
   * in code that a task called.
   */
  evaluating(): string | undefined {
    return this.stacks.evaluating();
  }

  /** Removes what this reviver wrote to disk. Functions it made stay usable, but may load nothing more. */
  async dispose(): Promise<void> {
    this.revived.clear();
    await this.world.dispose();
  }

  /** Files import the library's own packages through stubs, which need to know what those export: they are loaded first. */
  private loadModules({ modules, nodes }: FunctionHead): Promise<unknown> | undefined {
    const required = nodes.flatMap((node) => (node.t === "require" ? Object.values(node.modules) : []));
    return this.loadAfterOwn(modules, required);
  }

  /** @param later - what may be loaded synchronously later on */
  private loadAfterOwn(modules: readonly ModuleRef[], later: readonly ModuleRef[] = []): Promise<unknown> | undefined {
    const own = this.selfImportsOf([...modules, ...later]);
    const first = own.length > 0 ? this.loader.ensure(own) : undefined;
    return first === undefined ? this.loader.ensure(modules) : first.then(() => this.loader.ensure(modules));
  }

  private selfImportsOf(modules: readonly ModuleRef[]): ModuleRef[] {
    const found = new Map<string, ModuleRef>();
    const seen = new Set<string>();
    const visit = (identity: string): void => {
      if (seen.has(identity)) return;
      seen.add(identity);
      const { head } = this.store.filesOf(identity);
      for (const file of head.files)
        for (const [, , target] of file.links)
          if ("self" in target) found.set(target.self, { kind: "self", specifier: target.self });
      head.units.forEach(visit);
    };
    for (const module of modules) if (module.kind === "file") visit(module.unit);
    return [...found.values()];
  }

  private targets(modules: readonly (readonly [specifier: string, ModuleRef])[]): Map<string, ImportTarget> {
    return new Map(modules.map(([name, module]) => [name, { module, unit: unitOfModule(module, this.store) }]));
  }

  private build(token: string, stored: StoredFunction): AnyFunction {
    const { head } = stored;
    const context: GraphContext = {
      codeOf: (index) => {
        const code = this.store.codeOf(head.codes[index]!);
        const { url, line, column, map } = code.origin;
        if (map !== undefined) registerMap(url, { line, column }, code.head.text, map);
        return code;
      },
      imported: (entry: ImportEntry) => this.loader.imported(head.modules[entry.mod]!, entry),
      importMeta,
      dynamicImport: (literals) => {
        const targets = this.targets(Object.entries(literals));
        const load = async (module: ModuleRef): Promise<unknown> => {
          await this.loadAfterOwn([module]);
          return this.loader.module(module);
        };
        const run = dynamicImporter(targets, load, this.world);
        return rememberStandIn(run, { kind: "import", targets });
      },
      require: (modules) => this.loader.requireOf(this.targets(Object.entries(modules)), () => this.stacks.caller()),
    };
    const root = new GraphBuilder(stored, context).build();
    if (typeof root !== "function") throw new DefinitionCorruptError(token, "its root is no function");
    return root;
  }
}

function importMeta(file: string): object {
  if (!path.isAbsolute(file)) return { url: file };
  const url = pathToFileURL(file).href;
  const resolve = (specifier: string): string => new URL(specifier, url).href;
  return rememberStandIn({ url, filename: file, dirname: path.dirname(file), resolve }, { kind: "meta", file });
}
