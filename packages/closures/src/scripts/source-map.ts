import {
  decodedMappings,
  encodedMappings,
  originalPositionFor,
  TraceMap,
  type SourceMapInput,
} from "@jridgewell/trace-mapping";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** A position in a file as people write it: line and column count from 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The part of a source map that covers one function. It travels with every function, so it is as short as maps can be. */
export interface MapSlice {
  /** Absolute paths of the sources that the part speaks of. Absent: the file that the script itself is known by. */
  readonly sources?: readonly string[];
  /** As in source maps; the first line is the one that the function starts in. */
  readonly mappings: string;
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

  /**
   * What covers the text that starts at a position (zero-based).
   *
   * @param file what the script is known by
   */
  slice(line: number, column: number, text: string, file: string | undefined): MapSlice {
    const decoded = decodedMappings(this.trace);
    const textLines = text.split("\n");
    const lastLine = line + textLines.length - 1;
    const lastColumn = textLines.length === 1 ? column + text.length : textLines.at(-1)!.length;
    const sources = new Map<number, number>();
    const lines: number[][][] = [];
    for (let at = line; at <= lastLine; at++) {
      const covering = (decoded[at] ?? []).filter(
        (segment) => !(at === line && segment[0] < column) && !(at === lastLine && segment[0] > lastColumn),
      );
      lines.push(covering.map((segment) => withoutName(segment, sources)));
    }
    const named = [...sources.keys()].map((source) => this.trace.sources[source] ?? "");
    const part = new TraceMap({ version: 3, names: [], sources: named, mappings: lines as never });
    const mappings = encodedMappings(part);
    return named.length === 1 && named[0] === file ? { mappings } : { sources: named, mappings };
  }

  /**
   * @param firstLine the line that the function starts in (zero-based)
   * @param file what the script is known by
   */
  static fromSlice(slice: MapSlice, firstLine: number, file: string | undefined): SourceMap {
    const sources = slice.sources ?? [file ?? ""];
    const mappings = ";".repeat(firstLine) + slice.mappings;
    return new SourceMap(new TraceMap({ version: 3, names: [], sources: [...sources], mappings }));
  }
}

/** @param sources new numbers of the sources, in the order in which they are met */
function withoutName(segment: readonly number[], sources: Map<number, number>): number[] {
  const [column, source, line, sourceColumn] = segment;
  if (source === undefined) return [column!];
  if (!sources.has(source)) sources.set(source, sources.size);
  return [column!, sources.get(source)!, line!, sourceColumn!];
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
