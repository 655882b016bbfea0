import { decodedMappings, originalPositionFor, TraceMap, type SourceMapInput } from "@jridgewell/trace-mapping";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** A position in a file as people write it: line and column count from 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The part of a source map that covers one function: [column, source, line, column] per line of it, from `firstLine` on. */
export interface MapSlice {
  readonly sources: readonly string[];
  readonly firstLine: number;
  readonly lines: readonly (readonly (readonly number[])[])[];
}

interface RawMap {
  sources: (string | null)[];
  sourceRoot?: string;
  sourcesContent?: unknown;
}

/** A source map whose sources are absolute paths, and without their content: only positions are asked of it. */
export class SourceMap {
  private constructor(private readonly trace: TraceMap) {}

  static parse(json: string, directory: string): SourceMap | undefined {
    try {
      const raw = JSON.parse(json) as RawMap;
      const root = raw.sourceRoot ?? "";
      raw.sources = raw.sources.map((source) => (source === null ? null : absolutePath(source, directory, root)));
      delete raw.sourceRoot;
      delete raw.sourcesContent;
      return new SourceMap(new TraceMap(raw as SourceMapInput));
    } catch {
      // A broken map only costs positions: those of the loaded text are shown instead.
      return undefined;
    }
  }

  /** Reads the map that a text names in its last `sourceMappingURL` comment (or that V8 was told of). */
  static of(source: string, file: string | undefined, announcedUrl?: string): SourceMap | undefined {
    const url = [...source.matchAll(/\/\/[#@] sourceMappingURL=(\S+)\s*$/gm)].at(-1)?.[1] ?? announcedUrl;
    if (url === undefined) return undefined;
    const directory = file === undefined ? "/" : path.dirname(file);
    const json = readMapText(url, directory);
    return json === undefined ? undefined : SourceMap.parse(json, directory);
  }

  /** @param line zero-based @param column zero-based */
  original(line: number, column: number): SourcePosition | undefined {
    const found = originalPositionFor(this.trace, { line: line + 1, column });
    return found.source === null ? undefined : { file: found.source, line: found.line, column: found.column + 1 };
  }

  /** What covers the text that starts at a position (zero-based). */
  slice(line: number, column: number, text: string): MapSlice {
    const decoded = decodedMappings(this.trace);
    const textLines = text.split("\n");
    const lastLine = line + textLines.length - 1;
    const lastColumn = textLines.length === 1 ? column + text.length : textLines.at(-1)!.length;
    const lines: number[][][] = [];
    for (let at = line; at <= lastLine; at++) {
      const covering = (decoded[at] ?? []).filter(
        (segment) => !(at === line && segment[0] < column) && !(at === lastLine && segment[0] > lastColumn),
      );
      lines.push(covering.map((segment) => segment.slice(0, 4)));
    }
    return { sources: this.trace.sources.map((source) => source ?? ""), firstLine: line, lines };
  }

  static fromSlice(slice: MapSlice): SourceMap {
    const mappings = [...Array.from({ length: slice.firstLine }, () => []), ...slice.lines] as never;
    return new SourceMap(new TraceMap({ version: 3, names: [], sources: [...slice.sources], mappings }));
  }
}

function absolutePath(source: string, directory: string, root: string): string {
  if (source.startsWith("file:")) return fileURLToPath(source);
  return path.resolve(directory, root.startsWith("file:") ? fileURLToPath(root) : root, source);
}

function readMapText(url: string, directory: string): string | undefined {
  try {
    const data = /^data:([^,]*),(.*)$/s.exec(url);
    if (data === null)
      return fs.readFileSync(path.resolve(directory, url.startsWith("file:") ? fileURLToPath(url) : url), "utf8");
    const [, header = "", body = ""] = data;
    return header.includes("base64") ? Buffer.from(body, "base64").toString() : decodeURIComponent(body);
  } catch {
    return undefined;
  }
}
