import type { AnyFunction } from "../any-function.js";
import type { FunctionInternals } from "../inspect/function-internals.js";
import { firstColumn, readScript, type ScriptText } from "../inspect/script-text.js";
import { revivedMap } from "./revived-maps.js";
import { ScriptTable } from "./script-table.js";
import { fileOfUrl } from "./script-url.js";
import { SourceLines } from "./source-lines.js";
import { SourceMap, type SourcePosition } from "./source-map.js";

/** A script as V8 loaded it, with what was worked out about it. */
export class Script {
  readonly lines: SourceLines;
  /** Absolute path of the file it came from; none for eval, the REPL and the like. */
  readonly file: string | undefined;
  private parsed: ScriptTable | undefined;
  private map: SourceMap | null | undefined;
  private firstColumn: number | undefined;

  constructor(readonly text: ScriptText) {
    this.firstColumn = text.firstColumn;
    this.lines = new SourceLines(text.source);
    this.file = fileOfUrl(text.url);
  }

  get id(): string {
    return this.text.id;
  }
  get url(): string {
    return this.text.url;
  }
  get source(): string {
    return this.text.source;
  }
  get isModule(): boolean {
    return this.text.isModule;
  }

  get table(): ScriptTable {
    return (this.parsed ??= ScriptTable.of(this.text.source, this.text.isModule));
  }

  private get sourceMap(): SourceMap | undefined {
    this.map ??= SourceMap.of(this.text.source, this.file, this.text.sourceMapUrl) ?? null;
    return this.map ?? undefined;
  }

  /** The source map that covers a position (zero-based): the script's own, or that of the function it was revived from. */
  mapAt(line: number, column: number): SourceMap | undefined {
    return this.sourceMap ?? revivedMap(this.url, { line, column });
  }

  /** The user's own position for one that V8 reports (zero-based). */
  originalPosition(line: number, column: number): SourcePosition {
    const original = this.mapAt(line, column)?.original(line, column);
    return original ?? { file: this.file ?? this.url, line: line + 1, column: column + 1 };
  }

  /** The position V8 reports for an offset in the text. */
  positionOf(offset: number): { line: number; column: number } {
    const { line, column } = this.lines.position(offset);
    const { firstLine } = this.text;
    return { line: line + firstLine, column: line === 0 ? column + (this.firstColumn ?? 0) : column };
  }

  /** Offset in the text of a location V8 reports, which counts from where the text was said to start. */
  offsetOf(line: number, column: number): number {
    const { firstLine } = this.text;
    return this.lines.offset(line - firstLine, line === firstLine ? column - (this.firstColumn ?? 0) : column);
  }

  /** Where a function of it stands may tell more of it. */
  learnFrom(fn: AnyFunction, internals: FunctionInternals): void {
    this.firstColumn ??= firstColumn(fn, internals, this.text.firstLine);
  }
}

const scripts = new Map<string, Script>();

/** The script that a function stands in, asked of V8 once; undefined where there is none. Call within `withInspector`. */
export function scriptOf(fn: AnyFunction, internals: FunctionInternals): Script | undefined {
  if (internals.location === undefined) return undefined;
  const id = internals.location.scriptId;
  let script = scripts.get(id);
  if (script === undefined) {
    const text = readScript(fn, internals);
    if (text === undefined) return undefined;
    script = new Script(text);
    scripts.set(id, script);
  } else script.learnFrom(fn, internals);
  return script;
}
