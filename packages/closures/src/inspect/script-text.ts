import type { Debugger, Profiler } from "node:inspector";
import { getHeapStatistics } from "node:v8";
import type { AnyFunction } from "../any-function.js";
import type { FunctionInternals } from "./function-internals.js";
import { withNatives } from "./natives.js";
import { listen, post } from "./session.js";

/** A script as V8 loaded it. */
export interface ScriptText {
  readonly id: string;
  readonly url: string;
  readonly source: string;
  readonly isModule: boolean;
  readonly sourceMapUrl: string | undefined;
  /** Where the text starts in what the user wrote; not 0 for scripts compiled with an offset. */
  readonly firstLine: number;
  /** Undefined while nothing has been seen on the first line that tells it. */
  readonly firstColumn: number | undefined;
}

/**
 * Whether the Debugger domain has been enabled in this thread. V8 cannot take back what that does: it gives up inlining what async
 * functions do with promises, which makes awaits a fifth to a half slower for good (as AsyncLocalStorage does before Node 24). It
 * tells everything there is to know of a script, but is only asked for what cannot be had without it.
 */
let isSlowed = false;

/** The script that a function stands in; undefined where V8 knows of none. Call within `withInspector`. */
export function readScript(fn: AnyFunction, internals: FunctionInternals): ScriptText | undefined {
  return (isSlowed ? undefined : readQuietly(fn, internals)) ?? readInDebugger(internals.location!.scriptId);
}

/** Where a script begins on the first line, by a function that stands there. */
export function firstColumn(fn: AnyFunction, { location }: FunctionInternals, firstLine: number): number | undefined {
  if (location?.lineNumber !== firstLine) return undefined;
  const found = sourceOf(fn);
  return found && (location.columnNumber ?? 0) - found.position;
}

// ---- without the Debugger domain

interface FunctionSource {
  /** Of the whole script. */
  readonly source: string;
  /** Where the function stands in it, by the offset of what `[[FunctionLocation]]` gives by line and column. */
  readonly position: number;
}

const SOURCE_OF = "(function (fn) { return [%FunctionGetScriptSource(fn), %FunctionGetScriptSourcePosition(fn)]; })";

/** Asks V8's own functions, which may be called while a flag says so. Takes some 20 microseconds. */
function sourceOf(fn: AnyFunction): FunctionSource | undefined {
  // Compiled anew each time: it could not be once the flag is gone and V8 has dropped what it had compiled.
  return withNatives(SOURCE_OF, (ask) => {
    const [source, position] = (ask as (fn: AnyFunction) => unknown[])(fn);
    const isKnown = typeof source === "string" && typeof position === "number" && position >= 0;
    return isKnown ? { source, position } : undefined;
  });
}

const urls = new Map<string, string>();
/** Bytes of heap beyond which looking through it takes longer than the Debugger domain would: some 0.25 ms a megabyte. */
const MOST_HEAP = 128 * 1024 * 1024;

/**
 * The names of scripts, by the coverage that V8 can tell at any time: it lists each script of which a function has run that has not
 * been collected, which is nearly always the case.
 */
function urlOf(id: string): string | undefined {
  if (!urls.has(id) && getHeapStatistics().used_heap_size <= MOST_HEAP) {
    try {
      const { result } = post<Profiler.GetBestEffortCoverageReturnType>("Profiler.getBestEffortCoverage");
      for (const { scriptId, url } of result) urls.set(scriptId, url);
    } catch {
      // A release without it.
    }
  }
  return urls.get(id);
}

function readQuietly(fn: AnyFunction, { location, scopes }: FunctionInternals): ScriptText | undefined {
  const found = sourceOf(fn);
  if (found === undefined) return undefined;
  const { source, position } = found;
  const sourceMapUrl = trailingSourceMapUrl(source);
  if (sourceMapUrl === "unclear") return undefined;
  const url = urlOf(location!.scriptId);
  if (url === undefined) return undefined;
  const start = source.lastIndexOf("\n", position - 1) + 1;
  const line = start === 0 ? 0 : source.slice(0, start).split("\n").length - 1;
  return {
    id: location!.scriptId,
    url,
    source,
    // Every function of a module is within its scope.
    isModule: scopes.some(({ kind }) => kind === "Module"),
    sourceMapUrl: sourceMapUrl?.url,
    firstLine: location!.lineNumber - line,
    firstColumn: line === 0 ? (location!.columnNumber ?? 0) - position : undefined,
  };
}

/** A magic comment at the end, where nothing but closing brackets and comments follow: within a literal it cannot be. */
const AT_END = /\/\/[#@][ \t]sourceMappingURL=[ \t]*([^\s'"]*)[ \t]*(?:\r?\n[ \t]*(?:[)}\];]*|\/\/.*))*\s*$/;

function trailingSourceMapUrl(source: string): { readonly url: string } | "unclear" | undefined {
  const at = source.lastIndexOf("sourceMappingURL=");
  if (at < 0) return undefined;
  const url = AT_END.exec(source.slice(Math.max(0, at - 4)))?.[1];
  return url ? { url } : "unclear";
}

// ---- with it

function readInDebugger(id: string): ScriptText | undefined {
  isSlowed = true;
  let parsed: Debugger.ScriptParsedEventDataType | undefined;
  const stop = listen<Debugger.ScriptParsedEventDataType>("Debugger.scriptParsed", (script) => {
    if (script.scriptId === id) parsed = script;
  });
  post("Debugger.enable");
  try {
    if (parsed === undefined) return undefined;
    const { scriptSource } = post<Debugger.GetScriptSourceReturnType>("Debugger.getScriptSource", { scriptId: id });
    return {
      id,
      url: parsed.url,
      source: scriptSource,
      isModule: parsed.isModule ?? false,
      sourceMapUrl: parsed.sourceMapURL || undefined,
      firstLine: parsed.startLine,
      firstColumn: parsed.startColumn,
    };
  } finally {
    post("Debugger.disable");
    stop();
  }
}
