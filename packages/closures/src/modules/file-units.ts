import path from "node:path";
import { ModuleNotPortableError } from "../errors.js";
import { packDefinition, type PackedDefinition } from "../wire/definition.js";
import type { FileLink, FilesHead, FilesOrigin } from "../wire/heads.js";
import { isMainScript } from "./main-script.js";
import { loadLocalFile, type LocalFile } from "./local-file.js";
import { packageNameOf } from "./packages.js";
import { resolveSpecifier } from "./resolve.js";

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

/**
 * Prepares a local file and everything local that it imports, once per process: the code that runs here was loaded once as
 * well.
 *
 * @throws ModuleNotPortableError when a file cannot be read or compiled, or imports the main script
 */
export function unitOf(file: string): FileInUnit {
  return placed.get(file) ?? new UnitBuilder().place(file);
}

/** The file itself, where it is this process's own: it is loaded here already, and must not be loaded a second time. */
export function ownFile(unit: string, file: number): string | undefined {
  return ownPaths.get(unit)?.[file];
}

/** Makes known a unit that came from elsewhere: functions captured inside a worker refer to it again. */
export function registerUnit(files: readonly string[], unit: FileUnit): void {
  files.forEach((file, index) => placed.set(file, { unit, file: index }));
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
    return placed.get(file)!;
  }

  private visit(file: string): Visited {
    const node = this.load(file);
    this.visited.set(file, node);
    this.stack.push(file);
    for (const target of node.imports.values()) {
      if (!("file" in target) || placed.has(target.file)) continue;
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
    ownPaths.set(definition.identity, members);
    members.forEach((member, file) => {
      this.visited.get(member)!.open = false;
      placed.set(member, { unit, file });
    });
  }
}

function elsewhere(file: string, unitIndex: (unit: FileUnit) => number): { unit: number; file: number } {
  const place = placed.get(file)!;
  return { unit: unitIndex(place.unit), file: place.file };
}
