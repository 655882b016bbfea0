import { ModuleNotPortableError, PackageNotShippableError } from "../errors.js";
import { unitOf } from "../modules/file-units.js";
import type { Unit } from "../modules/placed-files.js";
import { builtinExport, commonJsExport } from "../modules/live-exports.js";
import { rememberLiveImport } from "../modules/live-imports.js";
import { isMainScript } from "../modules/main-script.js";
import { originOf, standInOf, type ImportTarget, type StandIn } from "../modules/origins.js";
import { placeOfPackage, shippedPackage } from "../modules/package-units.js";
import { isPath, resolveFile, resolveSpecifier, type Resolution } from "../modules/resolve.js";
import { resolveViteSpecifier } from "../modules/vite.js";
import type { ImportForm, ImportSource } from "../scripts/import-forms.js";
import type { Script } from "../scripts/script.js";
import type { Entry, ImportEntry, ModuleMode, ModuleRef, Node } from "../wire/heads.js";
import type { Encoder } from "./encoder.js";

/** Encodes a variable that the source binds by importing. */
export function encodeImport(encoder: Encoder, source: ImportSource, script: Script, value?: unknown): Entry {
  const vite = source.form === "vite";
  const specifier = vite ? resolveViteSpecifier(source.specifier) : source.specifier;
  const resolution = resolveSpecifier(specifier, script.file);
  const mode: ModuleMode = vite || source.form === "import" ? "import" : "require";
  const { module, unit } = moduleOf(encoder, resolution, mode, source.specifier);
  rememberLiveImport(module, source.path, value);
  const mod = encoder.addModule(module, unit);
  // vitest's runner adds interop only to what it leaves to Node; files it transforms are real namespaces.
  const plain =
    source.form === "import" ||
    source.form === "require" ||
    (vite && resolution.kind !== "package" && resolution.kind !== "packageFile");
  return importEntry(mod, source.path, plain ? undefined : source.form);
}

/** The module that `import("specifier")` inside a function means. It is loaded when it is asked for, which may be never. */
export function addDynamicImport(encoder: Encoder, specifier: string, script: Script, isVite: boolean): ModuleRef {
  const resolution = resolveSpecifier(isVite ? resolveViteSpecifier(specifier) : specifier, script.file);
  const { module, unit } = moduleOf(encoder, resolution, "import", specifier);
  if (unit !== undefined) encoder.addUnit(unit);
  return module;
}

type RequireNode = Extract<Node, { t: "require" }>;
const requireNodes = new WeakMap<Encoder, Map<unknown, RequireNode>>();

/** @param known what is known of its specifiers, where it came with a function */
export function encodeRequire(
  encoder: Encoder,
  require: object,
  known: ReadonlyMap<string, ImportTarget> = new Map(),
): Entry {
  const node: RequireNode = { t: "require", modules: {} };
  for (const [specifier, { module, unit }] of known) {
    node.modules[specifier] = module;
    if (unit !== undefined) encoder.addUnit(unit);
  }
  let nodes = requireNodes.get(encoder);
  if (nodes === undefined) requireNodes.set(encoder, (nodes = new Map<unknown, RequireNode>()));
  nodes.set(require, node);
  return encoder.add(require, node);
}

/**
 * What `require("specifier")` inside a function means, where the value is a `require`: local files and packages that travel. All
 * else is the worker's own, and may be missing there, as an optional dependency may be here.
 */
export function addRequired(encoder: Encoder, value: unknown, specifiers: Iterable<string>, script: Script): void {
  const node = requireNodes.get(encoder)?.get(value);
  if (node === undefined || standInOf(value as object) !== undefined) return;
  for (const specifier of specifiers) {
    if (Object.hasOwn(node.modules, specifier)) continue;
    const resolution = resolveRequired(value as NodeJS.Require, specifier, script);
    if (resolution === undefined || resolution.kind === "missing" || resolution.kind === "builtin") continue;
    const { module, unit } = encoder.trail.within({ kind: "variable", name: `require("${specifier}")` }, () =>
      moduleOf(encoder, resolution, "require", specifier),
    );
    if (module.kind === "self") encoder.addModule(module);
    else if (unit === undefined) continue;
    else encoder.addUnit(unit);
    node.modules[specifier] = module;
  }
}

/** A path is looked for from where this very `require` was made, which `createRequire` may have been told. */
function resolveRequired(require: NodeJS.Require, specifier: string, script: Script): Resolution | undefined {
  if (!isPath(specifier)) return resolveSpecifier(specifier, script.file);
  try {
    return resolveFile(require.resolve(specifier));
  } catch {
    return undefined;
  }
}

/** A file of the client's that is known by its path: the module of an exported function. */
export function encodeExport(
  encoder: Encoder,
  file: string,
  mode: ModuleMode,
  path: readonly string[],
  value: object,
): Entry {
  const { module, unit } = moduleOf(encoder, resolveFile(file), mode, file);
  rememberLiveImport(module, path, value);
  return importEntry(encoder.addModule(module, unit), path, undefined);
}

/** A value that a module exports, found by identity; undefined when none does. */
export function importByIdentity(encoder: Encoder, value: object): Entry | undefined {
  const standIn = standInOf(value);
  if (standIn !== undefined) return encodeStandIn(encoder, value, standIn);
  const origin = originOf(value);
  if (origin !== undefined) return importEntry(encoder.addModule(origin.module, origin.unit), origin.path, origin.form);
  const builtin = builtinExport(value);
  if (builtin !== undefined) {
    const mod = encoder.addModule({ kind: "builtin", specifier: builtin.specifier, mode: "require" });
    return importEntry(mod, builtin.path, undefined);
  }
  const commonJs = commonJsExport(value);
  // What the main script exports is its own data: copied like any other.
  if (commonJs === undefined || isMainScript(commonJs.file)) return undefined;
  return encodeExport(encoder, commonJs.file, "require", commonJs.path, value);
}

function encodeStandIn(encoder: Encoder, value: object, standIn: StandIn): Entry {
  if (standIn.kind === "require") return encodeRequire(encoder, value, standIn.targets);
  if (standIn.kind === "meta") return { meta: standIn.file };
  if (standIn.kind === "globals") {
    encoder.mutable = encoder.volatile = true;
    const members = [...standIn.members].map(
      ([name, value]) => [String(name), encoder.encodeProperty(`.${String(name)}`, value)] as const,
    );
    return { globals: members };
  }
  for (const { unit } of standIn.targets.values()) if (unit !== undefined) encoder.addUnit(unit);
  return {
    dynamicImport: Object.fromEntries([...standIn.targets].map(([specifier, { module }]) => [specifier, module])),
  };
}

function importEntry(mod: number, path: readonly string[], form: ImportForm | undefined): ImportEntry {
  return { mod, ...(path.length > 0 && { path }), ...(form !== undefined && { form }) };
}

function moduleOf(
  encoder: Encoder,
  resolution: Resolution,
  mode: ModuleMode,
  specifier: string,
): { module: ModuleRef; unit?: Unit } {
  switch (resolution.kind) {
    case "self":
    case "url":
      return { module: resolution };
    case "builtin":
      return { module: { ...resolution, mode } };
    case "package":
    case "packageFile":
      return packageModule(encoder, resolution, mode);
    case "missing":
      throw encoder.refuse(`imported from "${specifier}", which cannot be found`, "correct the import");
    case "file":
      break;
  }
  if (isMainScript(resolution.file))
    throw encoder.refuse(
      `imported from the main script ${resolution.file}, which is never run on a worker`,
      "move the shared code to another file",
    );
  try {
    const { unit, file } = unitOf(resolution.file);
    return { module: { kind: "file", unit: unit.definition.identity, file, mode }, unit };
  } catch (cause) {
    if (cause instanceof PackageNotShippableError) throw notShippable(encoder, cause);
    if (!(cause instanceof ModuleNotPortableError)) throw cause;
    throw encoder.refuse(`imported from ${resolution.file}: ${cause.file}: ${cause.reason}`, cause.hint, { cause });
  }
}

function packageModule(
  encoder: Encoder,
  resolution: Extract<Resolution, { kind: "package" | "packageFile" }>,
  mode: ModuleMode,
): { module: ModuleRef; unit?: Unit } {
  const { directory, ...named } = resolution;
  try {
    const place = shippedPackage(named.kind === "package" ? named.specifier : named.name, directory);
    if (place === undefined) return { module: { ...named, mode } };
    return { module: { ...named, mode, shipped: placeOfPackage(place) }, unit: place.unit };
  } catch (cause) {
    throw cause instanceof PackageNotShippableError ? notShippable(encoder, cause) : cause;
  }
}

function notShippable(encoder: Encoder, cause: PackageNotShippableError): Error {
  const [what, hint] = cause.message.split("; ");
  return encoder.refuse(`which needs to send a package along: ${what}`, hint, { cause });
}
