import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { ModuleNotPortableError } from "../errors.js";
import type { FileFormat } from "../wire/heads.js";
import { nearestManifest } from "./packages.js";
import { hasModuleSyntax, sitesOfCommonJs, sitesOfModule, type ModuleSites, type SpecifierSite } from "./specifiers.js";
import { needsTranspiling, transpile } from "./transpile.js";

/** A local file made ready to run elsewhere: JavaScript (or JSON), with the specifiers it names. */
export interface LocalFile {
  readonly path: string;
  readonly format: FileFormat;
  readonly text: string;
  readonly map: string | null;
  readonly specifiers: readonly SpecifierSite[];
}

export function loadLocalFile(file: string): LocalFile {
  const source = read(file);
  if (file.endsWith(".json")) return { path: file, format: "json", text: source, map: null, specifiers: [] };
  const format = formatOf(file, source);
  const compiled = needsTranspiling(file) ? transpile(file, source, format) : undefined;
  const original = (compiled?.text ?? source).replace(/^#!/, "//");
  const text = pinOwnPlace(file, original, parseSites(file, original, format));
  return {
    path: file,
    format,
    text,
    map: compiled?.map ?? mapBeside(file, source),
    specifiers: parseSites(file, text, format).specifiers,
  };
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (cause) {
    throw new ModuleNotPortableError(file, "it cannot be read", "check that it still exists", { cause });
  }
}

/** Node's rules: the extension, then the nearest package.json, then the syntax. */
function formatOf(file: string, source: string): "esm" | "cjs" {
  if (/\.m[jt]s$/.test(file)) return "esm";
  if (/\.c[jt]s$/.test(file)) return "cjs";
  const type = nearestManifest(file)?.type;
  if (type !== undefined) return type === "module" ? "esm" : "cjs";
  // Compilers turn the import syntax of typeless packages into require; Node 20.19 and later load such JavaScript as a module.
  return !needsTranspiling(file) && hasModuleSyntax(source) ? "esm" : "cjs";
}

function parseSites(file: string, text: string, format: FileFormat): ModuleSites {
  try {
    return format === "esm" ? sitesOfModule(text) : sitesOfCommonJs(text);
  } catch (cause) {
    throw new ModuleNotPortableError(file, `it cannot be parsed (${(cause as Error).message})`, "correct it", {
      cause,
    });
  }
}

/**
 * `import.meta.url` and its like keep meaning the file at the client. A replacement may make its line longer, never the file:
 * lines stay what they were, and what the module object needs is appended as a hoisted function.
 */
function pinOwnPlace(file: string, text: string, { selfReferences }: ModuleSites): string {
  if (selfReferences.length === 0) return text;
  let pinned = "";
  let at = 0;
  for (const { start, end, name } of selfReferences) {
    pinned += text.slice(at, start) + replacementFor(name, file);
    at = end;
  }
  pinned += text.slice(at);
  if (!selfReferences.some(({ name }) => name === "import.meta")) return pinned;
  const meta = JSON.stringify({ url: pathToFileURL(file).href, filename: file, dirname: path.dirname(file) });
  return `${pinned}\nfunction ${META_FUNCTION}() { return (${META_FUNCTION}.meta ??= { ...import.meta, ...${meta} }); }\n`;
}

/** With its parentheses exactly as long as `import.meta`, so that not even columns move. */
const META_FUNCTION = "import_me";

function replacementFor(name: string, file: string): string {
  if (name === "import.meta") return `${META_FUNCTION}()`;
  return JSON.stringify(name === "__dirname" ? path.dirname(file) : file);
}

/** The map a compiler left for a JavaScript file, so that stack traces lead to its source. */
function mapBeside(file: string, source: string): string | null {
  const url = [...source.matchAll(/\/\/[#@] sourceMappingURL=(\S+)\s*$/gm)].at(-1)?.[1];
  if (url === undefined) return null;
  try {
    const data = /^data:[^,]*base64,(.*)$/s.exec(url);
    if (data !== null) return Buffer.from(data[1]!, "base64").toString();
    return fs.readFileSync(path.resolve(path.dirname(file), url), "utf8");
  } catch {
    return null;
  }
}
