import path from "node:path";
import { pathToFileURL } from "node:url";
import { callSites } from "../call-sites.js";
import { revivedMap } from "../scripts/revived-maps.js";
import { SourceMap } from "../scripts/source-map.js";
import type { World } from "./world.js";

const POSITION = /((?:file:\/\/)?\/[^\s():]+(?:\?[^\s():]*)?):(\d+):(\d+)/;
/** Frames of this library: by the directory its compiled files lie in, or its sources when it runs from them. */
const OWN_DIRECTORY = new URL("..", import.meta.url).href;

/** Turns positions in code that runs on a worker into positions in the source its author wrote. */
export class StackMapper {
  private readonly fileMaps = new Map<string, SourceMap | undefined>();

  constructor(private readonly world: World) {}

  rewrite(error: unknown): void {
    for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
      const { stack } = at;
      if (typeof stack !== "string") continue;
      const mapped = this.map(stack);
      if (mapped !== stack) Object.defineProperty(at, "stack", { value: mapped, writable: true, configurable: true });
    }
  }

  /**
   * Where in the client's source the top level of a file is running at this moment: "/home/me/tasks.ts:4:1". Undefined when what
   * runs was called by a task, and when the file is no client's.
   */
  evaluating(): string | undefined {
    for (const site of callSites()) {
      const file = site.getFileName();
      // An anonymous function has no name either, but starts elsewhere than its file.
      if (!file || site.getFunctionName() || site.getEnclosingLineNumber() !== 1) continue;
      if (site.getEnclosingColumnNumber() !== 1 || this.world.placed(file) === undefined) continue;
      return this.original(file, site.getLineNumber() ?? 1, site.getColumnNumber() ?? 1);
    }
    return undefined;
  }

  /** Where in the client's source the running function was called from that asks. */
  caller(): string | undefined {
    for (const site of callSites()) {
      const file = site.getFileName();
      if (!file || file.startsWith("node:") || isOwnFile(file)) continue;
      const [line, column] = [site.getLineNumber() ?? 1, site.getColumnNumber() ?? 1];
      return this.original(file, line, column) ?? `${file}:${line}:${column}`;
    }
    return undefined;
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
    const at = { line: line - 1, column: column - 1 };
    const map = revivedMap(location, at) ?? revivedMap(urlOf(location), at);
    const found = map?.original(at.line, at.column);
    return found && `${found.file}:${found.line}:${found.column}`;
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

function urlOf(location: string): string {
  return location.startsWith("/") ? pathToFileURL(location).href : location;
}

function isOwnFrame(line: string): boolean {
  return /^\s+at /.test(line) && isOwnFile(line);
}

function isOwnFile(text: string): boolean {
  return text.includes(OWN_DIRECTORY) || text.includes(OWN_DIRECTORY.slice("file://".length));
}
