import type { AnyFunction } from "../any-function.js";
import path from "node:path";
import { FunctionNotSerializableError } from "../errors.js";
import type { Script } from "../scripts/script.js";

/** One step from the submitted function to the value that is being looked at. */
export type Step =
  | {
      readonly kind: "function";
      readonly fn: AnyFunction;
      readonly script?: Script | undefined;
      /** Zero-based, in the script. */
      readonly line?: number;
      readonly column?: number;
    }
  | { readonly kind: "variable"; readonly name: string }
  /** As it would be written after the value: `.name`, `[3]`, `.get("key")`. */
  | { readonly kind: "property"; readonly text: string };

type FunctionStep = Extract<Step, { kind: "function" }>;

/** The way from the submitted function to where the encoder is, so that an error can name it. */
export class Trail {
  readonly steps: Step[] = [];

  within<T>(step: Step, body: () => T): T {
    this.steps.push(step);
    const result = body();
    // Not in a `finally`: while an error travels up, the steps still tell where it happened.
    this.steps.pop();
    return result;
  }

  /** The file of the innermost function. */
  get currentFile(): string | undefined {
    for (let index = this.steps.length - 1; index >= 0; index--) {
      const step = this.steps[index]!;
      if (step.kind === "function") return step.script?.file;
    }
    return undefined;
  }

  error(reason: string, hint: string | undefined, options?: ErrorOptions): FunctionNotSerializableError {
    const uses = this.uses();
    const root = uses[0]?.fn;
    const rootName = root === undefined ? "value" : describe(root);
    let message = `cannot send ${rootName} to a worker:`;
    let indent = "  ";
    uses.forEach(({ fn, text }, index) => {
      if (fn !== undefined && index > 0) message += ` (${describe(fn)})`;
      if (text !== "") message += `\n${indent}${index === 0 ? "it uses" : "which uses"} '${text}'`;
      indent += "  ";
    });
    message += `\n${indent}${reason}`;
    if (hint !== undefined) message += `\n  hint: ${hint}`;
    const error = new FunctionNotSerializableError(message, {
      functionName: root?.fn.name || "anonymous",
      path: uses
        .map(({ text }) => text)
        .filter((text) => text !== "")
        .join(" -> "),
      reason,
      hint,
      location: root && locationOf(root),
    });
    if (options?.cause !== undefined) error.cause = options.cause;
    return error;
  }

  /** The steps grouped by function: which function, and what it reaches for. */
  private uses(): { fn: FunctionStep | undefined; text: string }[] {
    const uses: { fn: FunctionStep | undefined; text: string }[] = [];
    for (const step of this.steps) {
      if (step.kind === "function") {
        uses.push({ fn: step, text: "" });
        continue;
      }
      if (uses.length === 0) uses.push({ fn: undefined, text: "" });
      if (step.kind === "variable") {
        uses.at(-1)!.text = step.name;
        continue;
      }
      // A property right after a function is one of the function object itself: it reads on from the name it has outside.
      if (uses.length > 1 && uses.at(-1)!.text === "") uses.pop();
      const current = uses.at(-1)!;
      current.text = (current.text || (current.fn?.fn.name ?? "")) + step.text;
    }
    return uses;
  }
}

/** How a property is written after its object. */
export function propertyText(key: PropertyKey): string {
  if (typeof key === "symbol") return `[${String(key)}]`;
  if (typeof key === "number" || /^\d+$/.test(key)) return `[${key}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function describe(step: FunctionStep): string {
  const { fn } = step;
  const text = Function.prototype.toString.call(fn).replace(/\s+/g, " ");
  const name = fn.name || (text.length > 40 ? `${text.slice(0, 40)}…` : text);
  const location = locationOf(step);
  return `function '${name}'${location === undefined ? "" : ` (${location})`}`;
}

function locationOf({ script, line, column }: FunctionStep): string | undefined {
  if (script === undefined || line === undefined || column === undefined) return undefined;
  const at = script.originalPosition(line, column);
  return `${shorten(at.file)}:${at.line}:${at.column}`;
}

/** Relative to the working directory where that is shorter to read. */
function shorten(file: string): string {
  if (!path.isAbsolute(file)) return file;
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith("..") ? file : relative;
}
