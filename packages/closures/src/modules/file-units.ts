import path from "node:path";
import { ModuleNotPortableError } from "../errors.js";
import { packDefinition } from "../wire/definition.js";
import type { FileLink, FilesHead, FilesOrigin } from "../wire/heads.js";
import { isMainScript } from "./main-script.js";
import { loadLocalFile, type LocalFile } from "./local-file.js";
import { packageNameOf } from "./packages.js";
import { placeOf, registerOwnUnit, type FileInUnit, type FileUnit } from "./placed-files.js";
import { resolveSpecifier } from "./resolve.js";

/**
 * Prepares a local file and everything local that it imports, once per process: the code that runs here was loaded once as
 * well.
 *
 * @throws ModuleNotPortableError when a file cannot be read or compiled, or imports the main script
 */
export function unitOf(file: string): FileInUnit {
  return placeOf(file) ?? new UnitBuilder().place(file);
}

interface Visited {
  readonly source: LocalFile;
  /** By specifier: the local file it names, or the name under which Heddle itself is imported. */
  readonly imports: ReadonlyMap<string, { readonly file: string } | { readonly self: string }>;
  readonly packages: Readonly<Record<string, string>>;
  readonly order: number;
  low: number;
  open: boolean;
}

/** Tarjan's strongly connected components ("Depth-first search and linear graph algorithms", 1972) over import statements. */
class UnitBuilder {
  private readonly visited = new Map<string, Visited>();
  private readonly stack: string[] = [];

  place(file: string): FileInUnit {
    this.visit(file);
    return placeOf(file)!;
  }

  private visit(file: string): Visited {
    const node = this.load(file);
    this.visited.set(file, node);
    this.stack.push(file);
    for (const target of node.imports.values()) {
      if (!("file" in target) || placeOf(target.file) !== undefined) continue;
      if (isMainScript(target.file))
        throw new ModuleNotPortableError(
          file,
          `it imports the main script ${target.file}`,
          "move what it needs to another file",
        );
      const known = this.visited.get(target.file);
      if (known === undefined) node.low = Math.min(node.low, this.visit(target.file).low);
      else if (known.open) node.low = Math.min(node.low, known.order);
    }
    if (node.low === node.order) this.close(file);
    return node;
  }

  private load(file: string): Visited {
    const source = loadLocalFile(file);
    const imports = new Map<string, { file: string } | { self: string }>();
    const packages: Record<string, string> = {};
    for (const { specifier } of source.specifiers) {
      const target = resolveSpecifier(specifier, file);
      if (target.kind === "file") imports.set(specifier, { file: target.file });
      else if (target.kind === "self") imports.set(specifier, { self: target.specifier });
      else if (target.kind === "package" && target.version !== undefined)
        packages[packageNameOf(specifier)] = target.version;
      else if (target.kind === "missing" && /^[./]/.test(specifier))
        throw new ModuleNotPortableError(file, `it imports "${specifier}", which does not exist`, "correct the import");
    }
    const order = this.visited.size;
    return { source, imports, packages, order, low: order, open: true };
  }

  private close(root: string): void {
    const members = this.stack.splice(this.stack.lastIndexOf(root)).sort();
    const units: FileUnit[] = [];
    const unitIndex = (unit: FileUnit): number => {
      const index = units.indexOf(unit);
      return index >= 0 ? index : units.push(unit) - 1;
    };
    const nodes = members.map((member) => this.visited.get(member)!);
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
    const definition = packDefinition(
      { ...head, units: identities },
      [],
      origin,
      units.map((unit) => unit.definition.hash),
    );
    const unit = { definition, needs: units };
    for (const member of members) this.visited.get(member)!.open = false;
    registerOwnUnit(members, unit);
  }
}

function elsewhere(file: string, unitIndex: (unit: FileUnit) => number): { unit: number; file: number } {
  const place = placeOf(file)!;
  return { unit: unitIndex(place.unit), file: place.file };
}
