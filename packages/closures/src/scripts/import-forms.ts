import type { AnyNode, Expression } from "acorn";

/**
 * How the value of an import binding is made from the module, in the forms that loaders and compilers leave in the code V8 sees.
 *
 * - `import`: a real ES import (`await import()` too)
 * - `require`: CommonJS, the exports as they are
 * - `default`, `star`: TypeScript's and Babel's wrappers around require
 * - `toESM`, `toESMNode`: esbuild's wrapper (tsx in CommonJS), the second for importers that are ES modules by Node's rules
 * - `vite`: vitest's module runner
 */
export type ImportForm = "import" | "require" | "default" | "star" | "toESM" | "toESMNode" | "vite";

/** A module a variable was bound from: `specifier` as written, then the members taken (`["default"]`, `["promises", "readFile"]`). */
export interface ImportSource {
  readonly specifier: string;
  readonly form: ImportForm;
  readonly path: readonly string[];
  /** Whether the language itself forbids assigning the variable. */
  readonly constant: boolean;
}

const WRAPPERS: Readonly<Record<string, ImportForm>> = {
  __importDefault: "default",
  _interopRequireDefault: "default",
  _interop_require_default: "default",
  __importStar: "star",
  _interopRequireWildcard: "star",
  _interop_require_wildcard: "star",
  __toESM: "toESM",
};
const VITE_IMPORT = /^__(vite_ssr|vi)_(dynamic_)?import__$/;

/** Recognises an initialiser that imports a module. */
export function importSource(init: AnyNode | null | undefined): ImportSource | undefined {
  switch (init?.type) {
    case "AwaitExpression":
      return awaited(init.argument);
    case "CallExpression":
      return required(init.callee, init.arguments);
    case "MemberExpression": {
      if (init.computed || init.property.type !== "Identifier") return undefined;
      const source = importSource(init.object);
      return source && { ...source, path: [...source.path, init.property.name] };
    }
    case "LogicalExpression":
    case "SequenceExpression":
    default:
      return undefined;
  }
}

function awaited(argument: Expression): ImportSource | undefined {
  if (argument.type === "ImportExpression") return plain(argument.source, "import");
  if (argument.type !== "CallExpression") return undefined;
  const { callee } = argument;
  // `await import("x").then(...)`, written by some compilers for interop.
  if (callee.type === "MemberExpression" && callee.object.type === "ImportExpression")
    return plain(callee.object.source, "import");
  if (callee.type === "Identifier" && VITE_IMPORT.test(callee.name)) return plain(argument.arguments[0], "vite");
  return undefined;
}

function required(callee: AnyNode, args: readonly AnyNode[]): ImportSource | undefined {
  if (callee.type === "Identifier" && callee.name === "require") return plain(args[0], "require");
  const wrapper =
    callee.type === "Identifier"
      ? callee.name
      : callee.type === "MemberExpression" && callee.property.type === "Identifier"
        ? callee.property.name
        : "";
  const form = WRAPPERS[wrapper];
  if (form === undefined) return undefined;
  const source = importSource(args[0]);
  if (source?.form !== "require") return undefined;
  return { ...source, form: form === "toESM" && args.length > 1 ? "toESMNode" : form };
}

function plain(specifier: AnyNode | undefined, form: ImportForm): ImportSource | undefined {
  const text = stringLiteral(specifier);
  return text === undefined ? undefined : { specifier: text, form, path: [], constant: false };
}

export function stringLiteral(node: AnyNode | null | undefined): string | undefined {
  return node?.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}
