import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { registerUnit } from "../modules/placed-files.js";
import type { FileTarget, FilesHead } from "../wire/heads.js";
import type { DefinitionStore, StoredFiles } from "./definition-store.js";
import { linkDirectory, linkModulesOf, writeOnce } from "./placing.js";
import { ShippedPackages } from "./shipped-packages.js";

/** A client's file as it lies on this machine. */
export interface PlacedFile {
  readonly path: string;
  readonly url: string;
  readonly clientPath: string;
  readonly map: string | null;
}

/**
 * A directory that local files of clients are written to and loaded from by Node's own loader. Its node_modules directories lead to
 * those above the worker's base directory, so a bare import means what it would mean there.
 */
export class World {
  private root: string | undefined;
  private temporary: string | undefined;
  private created = false;
  private importer: Promise<(specifier: string) => Promise<unknown>> | undefined;
  private readonly written = new Set<string>();
  private readonly byPath = new Map<string, PlacedFile>();

  /** Those that came with functions. */
  readonly packages: ShippedPackages;

  constructor(
    private readonly baseDir: string,
    private readonly requestedDir: string | undefined,
    packagesDir: string | undefined,
    private readonly store: DefinitionStore,
    private readonly selfNames: (specifier: string) => { readonly key: string; readonly names: readonly string[] },
  ) {
    this.packages = new ShippedPackages(() => {
      // What a package uses without saying so it may still find among the worker's own.
      const root = packagesDir === undefined ? this.directory : linkModulesOf(baseDir, packagesDir);
      const packages = path.join(root, "packages");
      fs.mkdirSync(packages, { recursive: true });
      return packages;
    }, store);
  }

  /** The innermost directory: everything is placed and resolved there. */
  get directory(): string {
    return (this.root ??= this.create());
  }

  /** Writes a unit and all that it imports, once, and tells where a file of it lies. */
  place(identity: string, file: number): PlacedFile {
    const unit = this.store.filesOf(identity);
    this.write(unit);
    return this.byPath.get(this.pathOf(unit, file, false))!;
  }

  /** The file behind a path or URL in a stack trace. */
  placed(location: string): PlacedFile | undefined {
    return this.byPath.get(location.startsWith("file:") ? decodeURI(location.slice("file://".length)) : location);
  }

  /** `import()` that resolves as from the base directory. */
  async import(specifier: string): Promise<unknown> {
    this.importer ??= this.loadImporter();
    return (await this.importer)(specifier);
  }

  async dispose(): Promise<void> {
    if (!this.created) return;
    this.created = false;
    undisposed.delete(this.outermost());
    await fs.promises.rm(this.outermost(), { recursive: true, force: true });
  }

  private outermost(): string {
    return this.requestedDir ?? this.temporary!;
  }

  private create(): string {
    let at: string;
    if (this.requestedDir === undefined) {
      at = this.temporary = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "heddle-"));
      this.created = true;
    } else {
      this.created = fs.mkdirSync(this.requestedDir, { recursive: true }) !== undefined;
      at = fs.realpathSync(this.requestedDir);
    }
    if (this.created) removeAtExit(this.outermost());
    return linkModulesOf(this.baseDir, at);
  }

  private async loadImporter(): Promise<(specifier: string) => Promise<unknown>> {
    const file = path.join(this.directory, "import.mjs");
    writeOnce(file, "export default (specifier) => import(specifier);\n");
    const module = (await import(pathToFileURL(file).href)) as { default: (specifier: string) => Promise<unknown> };
    return module.default;
  }

  private write(unit: StoredFiles): void {
    if (this.written.has(unit.identity)) return;
    this.written.add(unit.identity);
    const { head, origin } = unit;
    for (const need of head.units) this.write(this.store.filesOf(need));
    const directory = path.join(this.directory, unit.identity);
    fs.mkdirSync(directory, { recursive: true });
    for (const [name, ...place] of head.shipped ?? []) {
      const link = path.join(directory, "node_modules", name);
      fs.mkdirSync(path.dirname(link), { recursive: true });
      linkDirectory(this.packages.directoryOf(place), link);
    }
    head.files.forEach((file, index) => {
      const target = this.pathOf(unit, index, false);
      writeOnce(target, this.linkedText(unit, file));
      if (file.format === "json") writeOnce(this.pathOf(unit, index, true), jsonModule(file.text));
      const clientPath = origin.paths[index] ?? file.name;
      const placed = { path: target, url: pathToFileURL(target).href, clientPath, map: origin.maps[index] ?? null };
      this.byPath.set(target, placed);
    });
    registerUnit(
      head.files.map((_, index) => this.pathOf(unit, index, false)),
      this.store.unitOf(unit.identity),
    );
  }

  private linkedText(unit: StoredFiles, { text, links, format }: FilesHead["files"][number]): string {
    let linked = "";
    let at = 0;
    for (const [start, end, target] of links) {
      const file = this.targetPath(unit, target, format === "esm");
      linked += text.slice(at, start) + JSON.stringify(format === "esm" ? pathToFileURL(file).href : file);
      at = end;
    }
    return linked + text.slice(at);
  }

  private targetPath(unit: StoredFiles, target: FileTarget, asModule: boolean): string {
    if ("self" in target) return this.selfStub(target.self, asModule);
    const owner = target.unit < 0 ? unit : this.store.filesOf(unit.head.units[target.unit]!);
    return this.pathOf(owner, target.file, target.asModule === true);
  }

  private pathOf(unit: StoredFiles, file: number, jsonAsModule: boolean): string {
    const { name, format } = unit.head.files[file]!;
    const stem = name.replace(/\.(?:[cm]?[jt]sx?|json)$/, "");
    const extension = format === "esm" ? ".mjs" : format === "cjs" ? ".cjs" : jsonAsModule ? ".json.mjs" : ".json";
    return path.join(this.directory, unit.identity, `${file}-${stem}${extension}`);
  }

  /** A module that hands out this worker's own instance of a library package. */
  private selfStub(specifier: string, asModule: boolean): string {
    const { key, names } = this.selfNames(specifier);
    const file = path.join(
      this.directory,
      `self-${specifier.replace(/[^\w.-]/g, "_")}-${process.pid}${asModule ? ".mjs" : ".cjs"}`,
    );
    const instance = `globalThis[Symbol.for(${JSON.stringify(key)})](${JSON.stringify(specifier)})`;
    const exports = names.filter((name) => name !== "default" && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name));
    const text = asModule
      ? `const self = ${instance};\n${exports.map((name, index) => `const _${index} = self.${name}; export { _${index} as ${name} };`).join("\n")}\nexport default self.default ?? self;\n`
      : `module.exports = ${instance};\n`;
    writeOnce(file, text);
    return file;
  }
}

const undisposed = new Set<string>();
let watchingExit = false;

/** For threads and programs that end without disposing. (A thread that is terminated runs nothing more: who starts it removes its world.) */
function removeAtExit(directory: string): void {
  undisposed.add(directory);
  if (watchingExit) return;
  watchingExit = true;
  process.once("exit", () => {
    for (const left of undisposed) fs.rmSync(left, { recursive: true, force: true });
  });
}

/** JSON imported without attributes, as loaders for TypeScript allow: with named exports, like they give. */
function jsonModule(text: string): string {
  const value = JSON.parse(text) as unknown;
  const names = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  const named = names
    .filter((name) => name !== "default" && /^[A-Za-z_$][\w$]*$/.test(name))
    .map((name, index) => `const _${index} = json[${JSON.stringify(name)}]; export { _${index} as ${name} };`);
  return [`const json = ${JSON.stringify(value)};`, ...named, "export default json;", ""].join("\n");
}
