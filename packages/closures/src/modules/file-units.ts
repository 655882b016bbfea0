import path from "node:path";
import { ModuleNotPortableError } from "../errors.js";
import { packDefinition } from "../wire/definition.js";
import type { FileLink, FilesHead, FilesOrigin } from "../wire/heads.js";
import { components } from "./components.js";
import { isMainScript } from "./main-script.js";
import { loadLocalFile, type LocalFile } from "./local-file.js";
import { placeOfPackage, shippedPackage } from "./package-units.js";
import { packageNameOf } from "./packages.js";
import { placeOf, registerOwnUnit, type FileInUnit, type Unit } from "./placed-files.js";
import type { PackageInUnit } from "./received-packages.js";
import { resolveSpecifier } from "./resolve.js";

/**
 * Prepares a local file and everything local that it imports, once per process: the code that runs here was loaded once as
 * well.
 *
 * @throws ModuleNotPortableError when a file cannot be read or compiled, or imports the main script
 * @throws PackageNotShippableError
 */
export function unitOf(file: string): FileInUnit {
  return placeOf(file) ?? new UnitBuilder().place(file);
}

interface Loaded {
  readonly source: LocalFile;
  /** By specifier: the local file it names, or the name under which Heddle itself is imported. */
  readonly imports: ReadonlyMap<string, { readonly file: string } | { readonly self: string }>;
  readonly packages: Readonly<Record<string, string>>;
  /** By name: those of the packages that come along. */
  readonly shipped: ReadonlyMap<string, PackageInUnit>;
}

/** Puts files into units: files that import each other in a cycle into one. */
class UnitBuilder {
  private readonly loaded = new Map<string, Loaded>();

  place(root: string): FileInUnit {
    components(
      root,
      (file) => this.targetsOf(file),
      (members) => this.close([...members].sort()),
    );
    return placeOf(root)!;
  }

  private targetsOf(file: string): string[] {
    const loaded = this.load(file);
    this.loaded.set(file, loaded);
    return [...loaded.imports.values()].flatMap((target) => {
      if (!("file" in target) || placeOf(target.file) !== undefined) return [];
      if (isMainScript(target.file))
        throw new ModuleNotPortableError(
          file,
          `it imports the main script ${target.file}`,
          "move what it needs to another file",
        );
      return [target.file];
    });
  }

  private load(file: string): Loaded {
    const source = loadLocalFile(file);
    const imports = new Map<string, { file: string } | { self: string }>();
    const packages: Record<string, string> = {};
    const shipped = new Map<string, PackageInUnit>();
    for (const { specifier } of source.specifiers) {
      const target = resolveSpecifier(specifier, file);
      if (target.kind === "file") imports.set(specifier, { file: target.file });
      else if (target.kind === "self") imports.set(specifier, { self: target.specifier });
      else if (target.kind === "package") {
        const name = packageNameOf(specifier);
        if (target.version !== undefined) packages[name] = target.version;
        const place = shippedPackage(name, target.directory);
        if (place !== undefined) shipped.set(name, place);
      } else if (target.kind === "missing" && /^[./]/.test(specifier))
        throw new ModuleNotPortableError(file, `it imports "${specifier}", which does not exist`, "correct the import");
    }
    return { source, imports, packages, shipped };
  }

  private close(members: readonly string[]): void {
    const units: Unit[] = [];
    const unitIndex = (unit: Unit): number => {
      const index = units.indexOf(unit);
      return index >= 0 ? index : units.push(unit) - 1;
    };
    const nodes = members.map((member) => this.loaded.get(member)!);
    const head: FilesHead = {
      kind: "files",
      files: nodes.map(({ source, imports }) => ({
        name: path.basename(source.path),
        format: source.format,
        text: source.text,
        links: source.specifiers.flatMap((site): FileLink[] => {
          const target = imports.get(site.specifier);
          if (target === undefined) return [];
          if ("self" in target) return [[site.start, site.end, target]];
          const own = members.indexOf(target.file);
          const place = own >= 0 ? { unit: -1, file: own } : elsewhere(target.file, unitIndex);
          const asModule = source.format === "esm" && target.file.endsWith(".json") && !site.attributes;
          return [[site.start, site.end, asModule ? { ...place, asModule } : place]];
        }),
      })),
      units: [],
    };
    const origin: FilesOrigin = {
      paths: members,
      maps: nodes.map(({ source }) => source.map),
      packages: Object.assign({}, ...nodes.map((node) => node.packages)) as Record<string, string>,
    };
    const identities = units.map((unit) => unit.definition.identity);
    const shipped = new Map(nodes.flatMap((node) => [...node.shipped]));
    const needs = [...units, ...new Set([...shipped.values()].map(({ unit }) => unit))];
    const definition = packDefinition(
      { ...head, units: identities, ...(shipped.size > 0 && { shipped: shippedIn(shipped) }) },
      [],
      origin,
      needs.map((unit) => unit.definition.hash),
    );
    const unit = { definition, needs };
    registerOwnUnit(members, unit);
  }
}

function shippedIn(packages: ReadonlyMap<string, PackageInUnit>): FilesHead["shipped"] {
  return [...packages].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, place]) => [name, ...placeOfPackage(place)]);
}

function elsewhere(file: string, unitIndex: (unit: Unit) => number): { unit: number; file: number } {
  const place = placeOf(file)!;
  return { unit: unitIndex(place.unit), file: place.file };
}
