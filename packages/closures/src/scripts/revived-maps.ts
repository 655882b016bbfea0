import { fileOfUrl } from "./script-url.js";
import { SourceMap, type MapSlice } from "./source-map.js";

/** Zero-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

interface MappedText {
  readonly start: Position;
  readonly end: Position;
  readonly slice: MapSlice;
  map?: SourceMap;
}

/** Source maps of functions that were revived in this thread, by the URL they run under. */
const texts = new Map<string, MappedText[]>();

export function registerMap(url: string, start: Position, text: string, slice: MapSlice): void {
  const end = endOf(start, text);
  const known = texts.get(url);
  if (known === undefined) texts.set(url, [{ start, end, slice }]);
  else if (!known.some((entry) => same(entry.start, start) && same(entry.end, end))) known.push({ start, end, slice });
}

/** The counterpart of {@link registerMap}. */
export function unregisterMap(url: string, start: Position, text: string): void {
  const end = endOf(start, text);
  const left = texts.get(url)?.filter((entry) => !same(entry.start, start) || !same(entry.end, end)) ?? [];
  if (left.length > 0) texts.set(url, left);
  else texts.delete(url);
}

function endOf(start: Position, text: string): Position {
  const lines = text.split("\n");
  const lastLength = lines.at(-1)!.length;
  return lines.length === 1
    ? { line: start.line, column: start.column + lastLength }
    : { line: start.line + lines.length - 1, column: lastLength };
}

/** The map that covers a position. Minifying loaders put a whole file on one line, so the column decides as well. */
export function revivedMap(url: string, at: Position): SourceMap | undefined {
  const entry = texts.get(url)?.find(({ start, end }) => !isBefore(at, start) && !isBefore(end, at));
  return entry && (entry.map ??= SourceMap.fromSlice(entry.slice, entry.start.line, fileOfUrl(url)));
}

function isBefore(a: Position, b: Position): boolean {
  return a.line === b.line ? a.column < b.column : a.line < b.line;
}

function same(a: Position, b: Position): boolean {
  return a.line === b.line && a.column === b.column;
}
