import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { registerPackages } from "../modules/received-packages.js";
import type { PackageHead, PackagePlace } from "../wire/heads.js";
import type { DefinitionStore, StoredPackages } from "./definition-store.js";
import { linkDirectory, writeOnce } from "./placing.js";

/**
 * Packages that came with functions, as Node's own loader finds packages. Each lies in a directory of its own, beside links to
 * what it depends on:
 *
 *     <unit>/<index>/node_modules/pino/...
 *     <unit>/<index>/node_modules/sonic-boom -> <another unit>/<index>/node_modules/sonic-boom
 *
 * so every package sees the very versions that it saw at the client, two clients may bring different ones, and what two packages
 * share is one instance. (The layout is that of pnpm.)
 */
export class ShippedPackages {
  private readonly placed = new Set<string>();
  private readonly importers = new Map<string, Promise<(specifier: string) => Promise<unknown>>>();
  private realRoot: string | undefined;

  /** @param makeRoot makes the directory for packages; threads may share it */
  constructor(
    private readonly makeRoot: () => string,
    private readonly store: DefinitionStore,
  ) {}

  /** The package's own directory, where it lies by now with all that it needs. */
  directoryOf(place: PackagePlace): string {
    this.place(place[0]);
    const [unit, index] = place;
    return path.join(this.homeOf(place), "node_modules", this.store.packagesOf(unit).head.packages[index]!.name);
  }

  async import(place: PackagePlace, specifier: string): Promise<unknown> {
    const home = this.prepared(place);
    let importer = this.importers.get(home);
    if (importer === undefined) {
      const file = path.join(home, "import.mjs");
      writeOnce(file, "export default (specifier) => import(specifier);\n");
      importer = import(pathToFileURL(file).href).then((module: { default: never }) => module.default);
      this.importers.set(home, importer);
    }
    return (await importer)(specifier);
  }

  require(place: PackagePlace, specifier: string): unknown {
    return createRequire(path.join(this.prepared(place), "require.js"))(specifier) as unknown;
  }

  private prepared(place: PackagePlace): string {
    this.place(place[0]);
    return this.homeOf(place);
  }

  private homeOf([unit, index]: PackagePlace): string {
    return path.join(this.root, unit, String(index));
  }

  private get root(): string {
    // Node names modules by their real path.
    return (this.realRoot ??= fs.realpathSync(this.makeRoot()));
  }

  private place(identity: string): void {
    if (this.placed.has(identity)) return;
    this.placed.add(identity);
    const stored = this.store.packagesOf(identity);
    const { packages } = stored.head;
    for (const { links } of packages) for (const [, unit] of links) if (unit !== "") this.place(unit);
    const home = path.join(this.root, identity);
    if (!fs.existsSync(home)) this.write(stored, home);
    registerPackages(
      packages.map(({ name }, index) => path.join(home, String(index), "node_modules", name)),
      this.store.unitOf(identity),
    );
    stored.file = path.join(home, "definition");
    stored.bytes = stored.buffers = undefined;
  }

  /** Threads may share the directory: a unit appears under its name only when it is whole, and is the same whoever wrote it. */
  private write(stored: StoredPackages, home: string): void {
    const partial = fs.mkdtempSync(`${home}.`);
    stored.head.packages.forEach((head, index) => {
      this.writePackage(head, stored, path.join(partial, String(index), "node_modules"));
    });
    fs.writeFileSync(path.join(partial, "definition"), stored.bytes!);
    try {
      fs.renameSync(partial, home);
    } catch (error) {
      if (!fs.existsSync(home)) throw error;
      fs.rmSync(partial, { recursive: true, force: true });
    }
  }

  private writePackage({ name, files, links }: PackageHead, stored: StoredPackages, modules: string): void {
    const directory = path.join(modules, name);
    for (const [file, offset, length, executable] of files) {
      const target = path.join(directory, file);
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.writeFileSync(target, stored.buffers!.subarray(offset, offset + length), { mode: executable ? 0o755 : 0o644 });
    }
    for (const [dependency, unit, index] of links) {
      const owner = unit === "" ? stored.identity : unit;
      const { name: target } = this.store.packagesOf(owner).head.packages[index]!;
      const link = path.join(modules, dependency);
      fs.mkdirSync(path.dirname(link), { recursive: true });
      linkDirectory(path.join(this.homeOf([owner, index]), "node_modules", target), link);
    }
  }
}
