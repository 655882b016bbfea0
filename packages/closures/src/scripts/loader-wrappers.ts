import type { AnyNode, ArrowFunctionExpression, FunctionExpression, Program } from "acorn";

/**
 * The statements of a module that a loader wrapped into a function: `(() => { ... })()` (tsx in CommonJS), vitest's
 * `async (__vite_ssr_import__, ...) => {{ ... }}`, jest's `({"Object.<anonymous>": function (...) { ... }})`.
 */
export function moduleBody(program: Program): { body: AnyNode[]; isVite: boolean } | undefined {
  const expressions = program.body.filter((statement) => statement.type === "ExpressionStatement");
  for (const { expression } of expressions) {
    let candidate: AnyNode = expression;
    if (candidate.type === "ObjectExpression") {
      const [only, ...others] = candidate.properties;
      if (only?.type !== "Property" || others.length > 0 || only.value.type !== "FunctionExpression") continue;
      return { body: only.value.body.body, isVite: false };
    }
    if (candidate.type === "CallExpression" && candidate.arguments.length === 0) candidate = candidate.callee;
    if (candidate.type !== "ArrowFunctionExpression" && candidate.type !== "FunctionExpression") continue;
    if (candidate.body.type !== "BlockStatement") continue;
    if (isViteWrapper(candidate)) return { body: unnested(candidate.body.body), isVite: true };
    // A loader's wrapper stands nearly alone; an ordinary script may well contain an IIFE among other statements.
    if (expressions.length <= 3 && candidate.body.body.length > 1) return { body: candidate.body.body, isVite: false };
  }
  return undefined;
}

function isViteWrapper(node: ArrowFunctionExpression | FunctionExpression): boolean {
  return node.params.some((parameter) => parameter.type === "Identifier" && /^__(vite_ssr|vi)_/.test(parameter.name));
}

function unnested(body: AnyNode[]): AnyNode[] {
  const [only] = body;
  return body.length === 1 && only?.type === "BlockStatement" ? unnested(only.body) : body;
}
