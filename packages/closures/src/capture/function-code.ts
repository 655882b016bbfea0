import { analyzeFunction, type FunctionAnalysis } from "../analysis/free-variables.js";
import type { Script } from "../scripts/script.js";
import { packDefinition, type PackedDefinition } from "../wire/definition.js";
import type { CodeHead, CodeOrigin } from "../wire/heads.js";

/** The source of one function, shared by all closures made from it. */
export interface FunctionCode {
  readonly script: Script;
  readonly text: string;
  /** Where the text starts in the script. */
  readonly offset: number;
  /** Zero-based. */
  readonly line: number;
  readonly column: number;
  readonly strict: boolean;
  readonly analysis: FunctionAnalysis;
  /** Whether any of its free variables is assigned again somewhere in the script. */
  readonly usesReassigned: boolean;
  /** Stand-ins for `import.meta`, `import` and what a class extends, which no variable of the function is called. */
  readonly names: StandIns;
  readonly definitions: Map<string, PackedDefinition>;
}

interface StandIns {
  readonly importMeta: string;
  readonly dynamicImport: string;
  readonly base: string;
}

const codes = new Map<string, FunctionCode>();

/** @param location where V8 says the function is: at its parameters, after the start of its text */
export function functionCode(
  script: Script,
  location: { readonly lineNumber: number; readonly columnNumber?: number | undefined },
  text: string,
): FunctionCode {
  const column = location.columnNumber ?? 0;
  // Without the inspector the text is all that is known of a place.
  const place = script.url === "" ? text : `${location.lineNumber}:${column}:${text.length}`;
  const key = `${script.id}:${place}`;
  let code = codes.get(key);
  if (code === undefined) {
    const near = script.offsetOf(location.lineNumber, column);
    const found = script.source.lastIndexOf(text, near);
    const offset = found < 0 ? near : found;
    const strict = script.isModule || script.table.strict;
    const analysis = analyzeFunction(text, strict);
    const usesReassigned = [...analysis.free.keys()].some((name) => script.table.reassigned.has(name));
    const names: StandIns = {
      importMeta: unusedName("import_meta", text),
      dynamicImport: unusedName("import", text),
      base: unusedName("$base", text),
    };
    const start = script.positionOf(offset);
    code = { script, text, offset, ...start, strict, analysis, usesReassigned, names, definitions: new Map() };
    codes.set(key, code);
  }
  return code;
}

/** A name of the same length that does not occur in the text, so that columns stay what they are. */
function unusedName(name: string, text: string): string {
  for (let index = 0; ; index++) {
    const candidate = name.slice(0, -1) + (index === 0 ? "$" : index.toString(36).at(-1)!);
    if (!text.includes(candidate) || index > 35) return candidate;
  }
}

/** The definition that carries the text, for a list of variables that will be provided. */
export function codeDefinition(code: FunctionCode, params: readonly string[]): PackedDefinition {
  const key = params.join();
  let definition = code.definitions.get(key);
  if (definition === undefined) {
    const head: CodeHead = {
      kind: "code",
      text: portableText(code),
      form: code.analysis.form,
      functionKind: code.analysis.kind,
      params,
      strict: code.strict,
    };
    const map = code.script.mapAt(code.line, code.column)?.slice(code.line, code.column, code.text, code.script.file);
    const origin: CodeOrigin = {
      url: code.script.url || `heddle:eval-${code.script.id}`,
      line: code.line,
      column: code.column,
      ...(map !== undefined && { map }),
    };
    definition = packDefinition(head, [], origin, []);
    code.definitions.set(key, definition);
  }
  return definition;
}

/** The text with what only works in its own module replaced, keeping every line and column where it was. */
function portableText({ text, analysis, names }: FunctionCode): string {
  const edits: { start: number; end: number; replacement: string }[] = [];
  for (const [start, end] of analysis.importMeta) edits.push({ start, end, replacement: names.importMeta });
  for (const { start } of analysis.dynamicImports)
    edits.push({ start, end: start + "import".length, replacement: names.dynamicImport });
  if (analysis.heritage !== undefined && !extendsNull(text, analysis)) {
    const [start, end] = analysis.heritage;
    edits.push({ start, end, replacement: names.base + blank(text.slice(start + names.base.length, end)) });
  }
  if (analysis.computedName !== undefined) {
    const start = text.lastIndexOf("[", analysis.computedName[0]);
    const end = text.indexOf("]", analysis.computedName[1]) + 1;
    edits.push({ start, end, replacement: `m${blank(text.slice(start + 1, end))}` });
  }
  // A value stays in the place of an initialiser: `static get` alone would be the beginning of an accessor.
  for (const [start, end] of analysis.statics?.values ?? [])
    edits.push({ start, end, replacement: `0${blank(text.slice(start + 1, end))}` });
  for (const [start, end] of analysis.statics?.blocks ?? [])
    edits.push({ start, end, replacement: blank(text.slice(start, end)) });
  edits.sort((a, b) => b.start - a.start);
  return edits.reduce(
    (edited, { start, end, replacement }) => edited.slice(0, start) + replacement + edited.slice(end),
    text,
  );
}

/** `class extends null` has no parent to be replaced by. */
export function extendsNull(text: string, { heritage }: FunctionAnalysis): boolean {
  return heritage !== undefined && text.slice(...heritage) === "null";
}

function blank(text: string): string {
  return text.replace(/[^\n\r\u2028\u2029]/g, " ");
}
