import { ownProperty } from "../own-property.js";
import type { AnyFunction } from "../any-function.js";
import { types } from "node:util";
import { FunctionNotSerializableError } from "../errors.js";
import { intrinsicPath, meetRealmOf } from "../intrinsics.js";
import { isInNodeModules, packageOf } from "../modules/packages.js";
import { viteRoot } from "../modules/vite.js";
import { PER_WORKER, type PerWorkerParts, type PerWorkerValue } from "../per-worker-values.js";
import { showWarning, LARGE_CAPTURE_BYTES } from "../warnings.js";
import type { Script } from "../scripts/script.js";
import type { Entry, FunctionNode, ModuleRef, Node } from "../wire/heads.js";
import { capture } from "./capture.js";
import { encodeClassParts } from "./classes.js";
import type { Encoder } from "./encoder.js";
import { fieldReceiver } from "./field-arrows.js";
import { codeDefinition, extendsNull, type FunctionCode } from "./function-code.js";
import { keepPlan, planFunction, type CopyPlan, type FunctionPlan } from "./function-plan.js";
import {
  addDynamicImport,
  addRequired,
  encodeExport,
  encodeImport,
  encodeRequire,
  importByIdentity,
} from "./imports.js";
import { encodeBoundParts, encodeFunctionParts } from "./function-parts.js";
import { askHook } from "./objects.js";
import type { ResolvedVariable } from "./variables.js";

/** Beyond this depth of functions that use functions, the walk would overflow the stack instead of saying anything useful. */
const MAX_TRAIL = 2_000;

/** Encodes a function or class that was not met before and is no standard one. */
export function encodeFunction(encoder: Encoder, fn: AnyFunction): Entry {
  const holder = encoder.holder;
  encoder.holder = undefined;
  meetRealmOf(fn);
  const standard = intrinsicPath(fn);
  if (standard !== undefined) return { std: standard };
  const perWorker = (fn as Partial<PerWorkerValue>)[PER_WORKER];
  if (perWorker !== undefined) return encodePerWorker(encoder, fn, perWorker);
  if (types.isProxy(fn))
    throw encoder.refuse(
      "which is a Proxy; its target and traps cannot be copied",
      "wrap it in an arrow function that creates it inside the task",
    );
  const known = importByIdentity(encoder, fn);
  if (known !== undefined) return known;
  askHook(encoder, fn);

  const plan = planFunction(fn);
  switch (plan.kind) {
    case "bound":
      return encodeBound(encoder, fn, plan.bound);
    case "require":
      return encodeRequire(encoder, fn);
    case "keepNames":
      return { std: ["%name%"] };
    case "native":
      encoder.trail.steps.push({ kind: "function", fn });
      throw encoder.refuse(
        `'${fn.name || "anonymous"}' is a native function that is not a standard global`,
        "wrap it in an arrow function, and import what it needs",
      );
    case "unreadable":
      encoder.trail.steps.push({ kind: "function", fn });
      throw refuseUnread(encoder, plan);
    case "export":
      return encodeExport(encoder, plan.file, plan.mode, [plan.name], fn);
    case "copy":
      if (plan.code.script.file !== undefined && isInNodeModules(plan.code.script.file) && !encoder.insidePackage)
        return encodePackageFunction(encoder, fn, plan, holder);
      return encodeCopy(encoder, fn, plan, holder);
  }
}

function refuseUnread(encoder: Encoder, { names, cause }: Extract<FunctionPlan, { kind: "unreadable" }>): Error {
  const { unexpected } = cause;
  const [why, remedy] =
    unexpected === undefined
      ? [
          "Node's inspector is not available",
          "allow the inspector (with --permission: --allow-inspector, from Node 24 on)",
        ]
      : [
          `the inspector of Node ${process.version} does not answer as expected (${unexpected})`,
          "use a release of Node that Heddle is tested with",
        ];
  return encoder.refuse(
    `it uses ${names.map((name) => `'${name}'`).join(", ")}, and variables cannot be read here: ${why}`,
    `${remedy}, pass them as arguments, or export the function from a file that the main script imports`,
    { cause },
  );
}

function encodeBound(
  encoder: Encoder,
  fn: AnyFunction,
  bound: { readonly target: AnyFunction; readonly receiver: unknown; readonly args: readonly unknown[] },
): Entry {
  encoder.mutable = true;
  const node: Extract<Node, { t: "bound" }> = { t: "bound", target: null, self: null, args: [] };
  const ref = encoder.add(fn, node);
  encoder.trail.within({ kind: "function", fn }, () => {
    node.target = encoder.encodeVariable("(bound function)", bound.target);
    node.self = encoder.encodeVariable("(bound this)", bound.receiver);
    node.args = bound.args.map((arg, index) => encoder.encodeVariable(`(bound argument ${index})`, arg));
    encodeBoundParts(encoder, fn, bound, node);
  });
  return ref;
}

function encodePerWorker(encoder: Encoder, fn: AnyFunction, { init, options, key }: PerWorkerParts): Entry {
  const node = { t: "perWorker" as const, key: "", init: null as Entry, options: null as Entry };
  const ref = encoder.add(fn, node);
  node.init = encoder.encodeVariable("(perWorker function)", init);
  node.options = encoder.encode(options);
  node.key = key ?? capture(init).token;
  return ref;
}

/** A function a package made (a configured logger, a compiled schema): tried by value, and refused as a whole when that fails. */
function encodePackageFunction(encoder: Encoder, fn: AnyFunction, plan: CopyPlan, holder: Encoder["holder"]): Entry {
  encoder.insidePackage = true;
  const depth = encoder.trail.steps.length;
  try {
    return encodeCopy(encoder, fn, plan, holder);
  } catch (cause) {
    if (!(cause instanceof FunctionNotSerializableError)) throw cause;
    encoder.trail.steps.length = depth;
    const name = packageOf(plan.code.script.file!)?.name ?? "an installed package";
    throw encoder.refuse(
      `which holds a function made inside package '${name}', and that function's private state cannot be copied`,
      "create it inside the task, or once per worker with perWorker(() => ...), or in a file that you import",
      { cause },
    );
  } finally {
    encoder.insidePackage = false;
  }
}

function encodeCopy(encoder: Encoder, fn: AnyFunction, plan: CopyPlan, holder: Encoder["holder"]): Entry {
  const { code } = plan;
  const node: FunctionNode = { t: "function", code: -1, caps: [] };
  const ref = encoder.add(fn, node);
  encoder.copiedFunctions.push(fn);
  if (encoder.trail.steps.length > MAX_TRAIL)
    throw encoder.refuse("which is nested too deeply to copy", "pass it as an argument instead");
  const step = { kind: "function", fn, script: code.script, line: code.line, column: code.column } as const;
  encoder.trail.within(step, () => {
    const self = receiverOf(encoder, code, plan, holder);
    if (self !== undefined) node.self = self;
    refuseUnreadable(encoder, code);
    const captured = encodeVariables(encoder, plan, node);
    if (!keepPlan(fn, plan)) encoder.mutable = true;
    encodeStandIns(encoder, fn, code, captured);
    if (code.analysis.kind === "class") encodeClassParts(encoder, fn, code, node);
    else encodeFunctionParts(encoder, fn, code, node);
    node.caps = [...captured.values()];
    node.code = encoder.addCode(codeDefinition(code, [...captured.keys()]));
    const name: unknown = ownProperty(fn, "name")?.value;
    if (typeof name === "string" && name !== "") node.name = name;
  });
  return ref;
}

/** The `this` of an arrow function, where it has one. */
function receiverOf(
  encoder: Encoder,
  code: FunctionCode,
  plan: CopyPlan,
  holder: Encoder["holder"],
): Entry | undefined {
  const { analysis } = code;
  if (!analysis.outerThis || analysis.kind !== "arrow") return undefined;
  const receiver = holder && fieldReceiver(holder, code);
  if (receiver !== undefined) return encoder.encode(receiver);
  // At the top level of a module `this` is undefined, here as there; vitest's runner makes it the global object.
  if (!plan.insideFunction && code.script.isModule) return undefined;
  if (!plan.insideFunction && code.script.table.isVite) return { std: ["globalThis"] };
  throw encoder.refuse(
    "it is an arrow function that uses 'this' of the function around it, which cannot be read",
    "copy what you need to a variable first: const { x } = this",
  );
}

function refuseUnreadable(encoder: Encoder, { analysis }: FunctionCode): void {
  if (analysis.dynamicScope)
    throw encoder.refuse(
      "it calls eval() (or uses with), so the variables it needs cannot be known",
      "use new Function(), or a plain function",
    );
  if (analysis.outerArguments && analysis.kind === "arrow")
    throw encoder.refuse(
      "it is an arrow function that uses 'arguments' of the function around it",
      "use named or rest parameters",
    );
  if (analysis.outerNewTarget && analysis.kind === "arrow")
    throw encoder.refuse("it uses new.target of the function around it", "copy it to a variable first");
  if (analysis.usesSuper && analysis.kind !== "class")
    throw encoder.refuse(
      "it is a method that uses 'super'",
      "send an arrow function that calls the method instead: () => object.method()",
    );
}

function encodeVariables(encoder: Encoder, plan: CopyPlan, node: FunctionNode): Map<string, Entry> {
  const { code } = plan;
  const captured = new Map<string, Entry>();
  for (const variable of plan.variables(encoder)) {
    captured.set(variable.name, encodeResolved(encoder, variable, code, node));
    const specifiers = code.analysis.free.get(variable.name)?.calledWith;
    if (variable.kind === "value" && specifiers !== undefined)
      addRequired(encoder, variable.value, specifiers, code.script);
  }
  for (const name of code.analysis.memberNameVariables) {
    if (captured.has(name) || plan.isGlobal(name)) continue;
    encoder.trail.steps.push({ kind: "variable", name });
    throw encoder.refuse(
      "whose value cannot be read (it only appears in a computed member name of a class)",
      "move the class to its own file and import it",
    );
  }
  return captured;
}

function encodeResolved(encoder: Encoder, variable: ResolvedVariable, code: FunctionCode, node: FunctionNode): Entry {
  const { name } = variable;
  const { script } = code;
  switch (variable.kind) {
    case "import":
      return encoder.trail.within({ kind: "variable", name }, () =>
        encodeImport(encoder, variable.source, script, variable.value),
      );
    case "meta":
      return { meta: script.file ?? script.url };
    case "dynamicImport":
      return encodeViteDynamicImport(encoder, code, name);
    case "global":
      encoder.mutable = encoder.volatile = true;
      return encoder.encodeVariable(name, variable.value);
    case "globalObject": {
      encoder.mutable = encoder.volatile = true;
      const members = Object.entries(variable.members).map(
        ([member, value]) => [member, encoder.encodeVariable(`${name}.${member}`, value)] as const,
      );
      return { globals: members };
    }
    case "value":
      break;
  }
  const { writes } = code.analysis.free.get(name)!;
  if (script.table.reassigned.has(name)) {
    encoder.mutable = encoder.volatile = true;
    const { scope, isTopLevel } = variable;
    const trail = [...encoder.trail.steps];
    encoder.cells.record(script.id, { node, name, scope, isTopLevel, writes: writes > 0, trail });
    if (writes > 0)
      warn(encoder, code, {
        kind: "write",
        name,
        message: `a task assigns the captured variable '${name}': the change stays on the worker`,
      });
  }
  const before = encoder.bytes;
  const entry = encoder.encodeVariable(name, variable.value);
  const used = encoder.bytes - before;
  if (used >= LARGE_CAPTURE_BYTES)
    warn(encoder, code, {
      kind: "large",
      name,
      message:
        `the captured variable '${name}' is ${(used / 2 ** 20).toFixed(1)} MB and is copied with the function; ` +
        "scatter it once and pass it as an argument instead",
    });
  return entry;
}

function warn(encoder: Encoder, code: FunctionCode, warning: Encoder["warnings"][number]): void {
  encoder.warnings.push(warning);
  // What a package does inside is not for its user to change.
  if (code.script.file !== undefined && isInNodeModules(code.script.file)) return;
  showWarning(`${code.script.id}:${code.offset}`, warning);
}

/** Provides what was written as `import.meta`, `import()` and `extends`. */
function encodeStandIns(encoder: Encoder, fn: AnyFunction, code: FunctionCode, captured: Map<string, Entry>): void {
  const { analysis, names, script } = code;
  if (analysis.importMeta.length > 0) captured.set(names.importMeta, { meta: script.file ?? script.url });
  if (analysis.dynamicImports.length > 0) {
    const specifiers = analysis.dynamicImports.flatMap(({ specifier }) => (specifier === undefined ? [] : [specifier]));
    captured.set(names.dynamicImport, encodeDynamicImport(encoder, code, specifiers));
  }
  if (analysis.heritage !== undefined && !extendsNull(code.text, analysis))
    captured.set(names.base, encoder.encodeVariable(`(parent class of ${fn.name})`, Object.getPrototypeOf(fn)));
}

function encodeDynamicImport(encoder: Encoder, { script }: FunctionCode, specifiers: readonly string[]): Entry {
  return { dynamicImport: dynamicImports(encoder, specifiers, script, false) };
}

function dynamicImports(
  encoder: Encoder,
  specifiers: readonly string[],
  script: Script,
  isVite: boolean,
): Record<string, ModuleRef> {
  const modules: Record<string, ModuleRef> = {};
  for (const specifier of specifiers)
    modules[specifier] = encoder.trail.within({ kind: "variable", name: `import("${specifier}")` }, () =>
      addDynamicImport(encoder, specifier, script, isVite),
    );
  return modules;
}

function encodeViteDynamicImport(encoder: Encoder, code: FunctionCode, name: string): Entry {
  const literals = code.text.matchAll(new RegExp(`${name}\\(\\s*(?:/\\*.*?\\*/\\s*)*["'\`]([^"'\`]+)["'\`]`, "g"));
  const root = viteRoot();
  const specifiers = Array.from(literals, ([, specifier]) => specifier!);
  const modules = dynamicImports(encoder, specifiers, code.script, true);
  return { dynamicImport: modules, ...(root !== undefined && { vite: 1 as const }) };
}
