/** Names of a function's parameters, from its source. */
import { parseExpressionAt, type Function as FunctionNode, type Node, type Pattern } from "acorn";

const NONE: readonly string[] = [];

/**
 * In order; "" for one that is destructured; `...rest` has its dots. Functions without source (native, bound) have none.
 */
export function parameterNames(fn: (...args: never[]) => unknown): readonly string[] {
  const parsed = parse(Function.prototype.toString.call(fn));
  return parsed === undefined ? NONE : parsed.params.map(nameOf);
}

/** A function expression as it is; a method as one of an object. */
function parse(source: string): FunctionNode | undefined {
  return tryParse(`(${source})`) ?? tryParse(`({${source}})`);
}

function tryParse(text: string): FunctionNode | undefined {
  let node: Node;
  try {
    node = parseExpressionAt(text, 0, { ecmaVersion: "latest", allowSuperOutsideMethod: true });
  } catch {
    return undefined;
  }
  if (node.type === "ObjectExpression") {
    const { properties } = node as unknown as { properties: { value?: Node }[] };
    node = properties[0]?.value ?? node;
  }
  return node.type === "ArrowFunctionExpression" || node.type === "FunctionExpression"
    ? (node as FunctionNode)
    : undefined;
}

function nameOf(pattern: Pattern): string {
  if (pattern.type === "Identifier") return pattern.name;
  if (pattern.type === "AssignmentPattern") return nameOf(pattern.left);
  if (pattern.type === "RestElement") return `...${nameOf(pattern.argument)}`;
  return "";
}
