import path from "node:path";
import { pathToFileURL } from "node:url";
import { SourceMap } from "../scripts/source-map.js";
import type { StoredCode } from "./definition-store.js";
import type { World } from "./world.js";

interface MappedCode {
  readonly start: Position;
  readonly end: Position;
  readonly slice: NonNullable<StoredCode["origin"]["map"]>;
  map?: SourceMap;
}

/** Zero-based. */
interface Position {
  readonly line: number;
  readonly column: number;
}

const POSITION = /((?:file:\/\/)?\/[^\s():]+(?:\?[^\s():]*)?):(\d+):(\d+)/;
/** Frames of this library: by the directory its compiled files lie in, or its sources when it runs from them. */
const OWN_DIRECTORY = new URL("..", import.meta.url).href;

/** Turns positions in code that runs on a worker into positions in the source its author wrote. */
export class StackMapper {
  private readonly codes = new Map<string, MappedCode[]>();
  private readonly known = new Set<string>();
  private readonly fileMaps = new Map<string, SourceMap | undefined>();

  constructor(private readonly world: World) {}

  addCode({ identity, head, origin }: StoredCode): void {
    if (origin.map === undefined || this.known.has(identity)) return;
    this.known.add(identity);
    const lines = head.text.split("\n");
    const lastLength = lines.at(-1)!.length;
    const entry: MappedCode = {
      start: { line: origin.line, column: origin.column },
      end: {
        line: origin.line + lines.length - 1,
        column: lines.length === 1 ? origin.column + lastLength : lastLength,
      },
      slice: origin.map,
    };
    const entries = this.codes.get(origin.url);
    if (entries === undefined) this.codes.set(origin.url, [entry]);
    else entries.push(entry);
  }

  rewrite(error: unknown): void {
    for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
      const { stack } = at;
      if (typeof stack !== "string") continue;
      const mapped = this.map(stack);
      if (mapped !== stack) Object.defineProperty(at, "stack", { value: mapped, writable: true, configurable: true });
    }
  }

  private map(stack: string): string {
    return stack
      .split("\n")
      .filter((line) => !isOwnFrame(line))
      .map((line) =>
        line.replace(POSITION, (whole, file: string, lineText: string, columnText: string) => {
          return this.original(file, Number(lineText), Number(columnText)) ?? whole;
        }),
      )
      .join("\n");
  }

  private original(location: string, line: number, column: number): string | undefined {
    const placed = this.world.placed(location);
    if (placed !== undefined) {
      const found = this.fileMap(placed)?.original(line - 1, column - 1);
      return found === undefined
        ? `${placed.clientPath}:${line}:${column}`
        : `${found.file}:${found.line}:${found.column}`;
    }
    const entries = this.codes.get(location) ?? this.codes.get(urlOf(location)) ?? [];
    for (const entry of entries) {
      const at = { line: line - 1, column: column - 1 };
      // Minifying loaders put a whole file on one line, so the column decides as well.
      if (isBefore(at, entry.start) || isBefore(entry.end, at)) continue;
      entry.map ??= SourceMap.fromSlice(entry.slice);
      const found = entry.map.original(line - 1, column - 1);
      if (found !== undefined) return `${found.file}:${found.line}:${found.column}`;
    }
    return undefined;
  }

  private fileMap(placed: {
    readonly url: string;
    readonly map: string | null;
    readonly clientPath: string;
  }): SourceMap | undefined {
    if (placed.map === null) return undefined;
    if (!this.fileMaps.has(placed.url))
      this.fileMaps.set(placed.url, SourceMap.parse(placed.map, path.dirname(placed.clientPath)));
    return this.fileMaps.get(placed.url);
  }
}

function isBefore(a: Position, b: Position): boolean {
  return a.line === b.line ? a.column < b.column : a.line < b.line;
}

function urlOf(location: string): string {
  return location.startsWith("/") ? pathToFileURL(location).href : location;
}

function isOwnFrame(line: string): boolean {
  return /^\s+at /.test(line) && (line.includes(OWN_DIRECTORY) || line.includes(OWN_DIRECTORY.slice("file://".length)));
}
