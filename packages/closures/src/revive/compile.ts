import vm from "node:vm";
import { SURROUNDINGS } from "../analysis/surroundings.js";
import type { StoredCode } from "./definition-store.js";

/** Sets the captured variables of one instance, then makes it: two steps, so that functions may refer to each other. */
export interface Instance {
  readonly link: (values: readonly unknown[]) => void;
  readonly make: () => unknown;
}

type Factory = (
  this: unknown,
  cells: object | undefined,
) => readonly [link: (values: readonly unknown[]) => void, make: () => unknown];

/** By the identity of the code, then by the names of shared variables. */
const factories = new Map<string, Map<string, Factory>>();

/** Lets go of what was compiled of a text. It is compiled again should it come again. */
export function forgetCompiled({ identity }: StoredCode): void {
  factories.delete(identity);
}

/**
 * Compiles a function's text, once for all closures of it. Positions are those of the client's file, so V8 writes stack traces the
 * user knows.
 *
 * @param shared names among the captured variables that live in cells shared with other functions
 */
export function instantiate(
  code: StoredCode,
  self: unknown,
  cells: Readonly<Record<string, unknown>> | undefined,
): Instance {
  const shared = cells === undefined ? [] : Object.keys(cells);
  let variants = factories.get(code.identity);
  if (variants === undefined) factories.set(code.identity, (variants = new Map<string, Factory>()));
  const key = shared.join();
  let factory = variants.get(key);
  if (factory === undefined) {
    factory = compile(code, shared);
    variants.set(key, factory);
  }
  const [link, make] = factory.call(self, cells);
  return { link, make };
}

function compile({ head, origin }: StoredCode, shared: readonly string[]): Factory {
  const { text, form, params, strict } = head;
  const own = params.filter((name) => !shared.includes(name));
  const declare = own.length > 0 ? `let ${own.join(",")};` : "";
  const link = params.length > 0 ? `function(){[${params.join(",")}]=arguments[0]}` : "function(){}";
  const directive = strict ? '"use strict";' : "";
  const { prefix, suffix } = SURROUNDINGS[form];
  const opening = `${declare}return [${link},()=>${prefix}`;
  const closing = `${suffix}]`;
  // A cell is a property of an object; only `with` makes it look like a variable, and only sloppy code may use `with`.
  const [before, after] =
    shared.length > 0
      ? [`(function(){with(arguments[0]){return (function(){${directive}${opening}`, `${closing}}).call(this)}})`]
      : [`${directive}(function(){${opening}`, `${closing}})`];
  // What stands before the text is on its first line: shifting that line's columns puts the text in its place.
  return new vm.Script(before + text + after, {
    filename: origin.url,
    lineOffset: origin.line,
    columnOffset: origin.column - before.length,
  }).runInThisContext() as Factory;
}
