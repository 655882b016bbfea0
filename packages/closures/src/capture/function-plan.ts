import type { AnyFunction } from "../any-function.js";
import { InspectorUnavailableError } from "../errors.js";
import { checkInspector } from "../inspect/self-test.js";
import {
  functionInternals,
  type BoundFunction,
  type FunctionInternals,
  type ScopeSnapshot,
} from "../inspect/function-internals.js";
import { isMainScript } from "../modules/main-script.js";
import { moduleExport } from "../modules/module-exports.js";
import { nearestManifest } from "../modules/packages.js";
import { Script, scriptOf } from "../scripts/script.js";
import { STANDARD_GLOBALS } from "../standard-globals.js";
import type { ModuleMode } from "../wire/heads.js";
import type { Encoder } from "./encoder.js";
import { functionCode, type FunctionCode } from "./function-code.js";
import { isNative } from "../intrinsics.js";
import { readQuietly, resolveVariable, type ResolvedVariable } from "./variables.js";

/** How a function will travel: decided from what V8 says about it and from the text of its script. */
export type FunctionPlan =
  | { readonly kind: "bound"; readonly bound: BoundFunction }
  | { readonly kind: "native" }
  | { readonly kind: "require" }
  /** Its variables cannot be read here: these names may be any of them. */
  | { readonly kind: "unreadable"; readonly names: readonly string[]; readonly cause: InspectorUnavailableError }
  /** esbuild's helper that gives functions back their names. */
  | { readonly kind: "keepNames" }
  /** An export of a file that a worker can import. */
  | { readonly kind: "export"; readonly file: string; readonly name: string; readonly mode: ModuleMode }
  | CopyPlan;

const plans = new WeakMap<AnyFunction, FunctionPlan>();

/** Call within `withInspector`. */
export function planFunction(fn: AnyFunction): FunctionPlan {
  const known = plans.get(fn);
  if (known !== undefined) return known;
  const plan = makePlan(fn);
  if (plan.kind !== "copy") plans.set(fn, plan);
  return plan;
}

/**
 * Keeps the plan of a function that was captured successfully, if nothing in it can change: none of its variables is assigned
 * anywhere, and none is `undefined`, which a `var` is before its line has run.
 */
export function keepPlan(fn: AnyFunction, plan: CopyPlan): boolean {
  const constant = !plan.code.usesReassigned && plan.isComplete;
  if (constant) plans.set(fn, plan);
  return constant;
}

/** The function is copied: its text, and the values of the variables it uses. */
export class CopyPlan {
  readonly kind = "copy";
  private resolved: readonly ResolvedVariable[] | undefined;
  private scopes: readonly ScopeSnapshot[] | undefined;
  readonly insideFunction: boolean;

  constructor(
    readonly code: FunctionCode,
    scopes: readonly ScopeSnapshot[],
  ) {
    this.scopes = scopes;
    this.insideFunction = code.script.table.insideFunction(code.offset);
  }

  /** Resolved once, so that the snapshots of whole scopes do not stay in memory with the function. */
  variables(encoder: Encoder): readonly ResolvedVariable[] {
    if (this.resolved === undefined) {
      const resolved: ResolvedVariable[] = [];
      for (const [name, use] of this.code.analysis.free) {
        const variable = resolveVariable(encoder, name, use, this.code, this.scopes!);
        if (variable !== undefined) resolved.push(variable);
      }
      this.resolved = resolved;
      this.scopes = undefined;
    }
    return this.resolved;
  }

  get isComplete(): boolean {
    return this.resolved?.every(isConstant) ?? false;
  }

  isGlobal(name: string): boolean {
    return STANDARD_GLOBALS.has(name);
  }
}

const KEEP_NAMES =
  /^\(\w+,\s*\w+\)\s*=>\s*\w+\(\w+,\s*"name",\s*\{\s*value(?::\s*\w+)?,\s*configurable:\s*(?:true|!0)\s*\}\)$/;

function makePlan(fn: AnyFunction): FunctionPlan {
  let internals: FunctionInternals;
  try {
    checkInspector();
    internals = functionInternals(fn);
  } catch (error) {
    if (error instanceof InspectorUnavailableError) return planWithoutInspector(fn, error);
    throw error;
  }
  if (internals.bound !== undefined) return { kind: "bound", bound: internals.bound };
  if (isRequire(fn)) return { kind: "require" };
  const script = scriptOf(fn, internals);
  if (script === undefined || isNative(fn) || script.url.startsWith("node:")) return { kind: "native" };
  const text = Function.prototype.toString.call(fn);
  if (KEEP_NAMES.test(text)) return { kind: "keepNames" };
  const exported = exportOf(fn, script, internals);
  if (exported !== undefined) return exported;
  return new CopyPlan(functionCode(script, internals.location!, text), internals.scopes);
}

/** What goes without asking V8: an export of a local file, and a function that by its text takes nothing from around it. */
function planWithoutInspector(fn: AnyFunction, cause: InspectorUnavailableError): FunctionPlan {
  if (isRequire(fn)) return { kind: "require" };
  if (isNative(fn)) return { kind: "native" };
  const exported = moduleExport(fn);
  if (exported !== undefined) return { kind: "export", ...exported, mode: "import" };
  const text = Function.prototype.toString.call(fn);
  // Only sloppy functions have these properties of their own.
  const isModule = !Object.hasOwn(fn, "arguments");
  const script = new Script({ ...UNKNOWN_SCRIPT, source: text, isModule });
  const code = functionCode(script, { lineNumber: 0, columnNumber: 0 }, text);
  const { free, outerThis } = code.analysis;
  const names = [...free.keys()].filter((name) => !STANDARD_GLOBALS.has(name));
  if (outerThis && code.analysis.kind === "arrow") names.push("this");
  return names.length === 0 ? new CopyPlan(code, []) : { kind: "unreadable", names, cause };
}

const UNKNOWN_SCRIPT = { id: "unknown", url: "", sourceMapUrl: undefined, firstLine: 0, firstColumn: 0 } as const;

function isConstant(variable: ResolvedVariable): boolean {
  return variable.kind === "value" ? variable.value !== undefined : !variable.kind.startsWith("global");
}

function isRequire(fn: AnyFunction): boolean {
  const { resolve, cache } = fn as Partial<NodeJS.Require>;
  return fn.name === "require" && typeof resolve === "function" && typeof cache === "object";
}

function exportOf(fn: AnyFunction, script: Script, { scopes }: FunctionInternals): FunctionPlan | undefined {
  const { file, table } = script;
  if (file === undefined || isMainScript(file)) return undefined;
  const name = exportName(fn, script, scopes);
  if (name === undefined) return undefined;
  const isModule = script.isModule || table.isVite || isModuleFile(file);
  return { kind: "export", file, name, mode: isModule ? "import" : "require" };
}

/** The exported name whose variable holds exactly this function. */
function exportName(fn: AnyFunction, { table }: Script, scopes: readonly ScopeSnapshot[]): string | undefined {
  for (const [local, exported] of table.exports)
    for (const { kind, variables } of scopes) {
      if (kind === "Global") break;
      if (Object.hasOwn(variables, local) && readQuietly(variables, local) === fn) return exported;
    }
  const atTopLevel = scopes.length <= (table.isVite ? 3 : 2);
  if (fn.name === "default" && table.hasAnonymousDefault && atTopLevel) return "default";
  // A variable that no closure uses is in no scope: then the name and the place have to do.
  const exported = table.exports.get(fn.name);
  const inNoScope = scopes.every(({ kind, variables }) => kind === "Global" || !Object.hasOwn(variables, fn.name));
  return exported !== undefined && atTopLevel && inNoScope ? exported : undefined;
}

function isModuleFile(file: string): boolean {
  if (/\.m[jt]sx?$/.test(file)) return true;
  if (/\.c[jt]sx?$/.test(file)) return false;
  return nearestManifest(file)?.type === "module";
}
