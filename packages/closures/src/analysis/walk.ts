import type { AnyNode, Pattern } from "acorn";

/** Calls `visit` for each direct child of a syntax node, in source order of its fields. */
export function forEachChild(node: AnyNode, visit: (child: AnyNode) => void): void {
  for (const field of Object.values(node) as unknown[]) {
    if (Array.isArray(field)) {
      for (const item of field as unknown[]) if (isNode(item)) visit(item);
    } else if (isNode(field)) visit(field);
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

/** The names a binding pattern declares (or an assignment pattern assigns). */
export function patternNames(pattern: Pattern | null | undefined, into: string[] = []): string[] {
  switch (pattern?.type) {
    case "Identifier":
      into.push(pattern.name);
      break;
    case "ObjectPattern":
      for (const property of pattern.properties)
        patternNames(property.type === "RestElement" ? property.argument : property.value, into);
      break;
    case "ArrayPattern":
      for (const element of pattern.elements) patternNames(element, into);
      break;
    case "AssignmentPattern":
      patternNames(pattern.left, into);
      break;
    case "RestElement":
      patternNames(pattern.argument, into);
      break;
    default:
  }
  return into;
}

export function isFunctionNode(
  node: AnyNode,
): node is Extract<AnyNode, { type: "FunctionDeclaration" | "FunctionExpression" | "ArrowFunctionExpression" }> {
  return (
    node.type === "FunctionDeclaration" || node.type === "FunctionExpression" || node.type === "ArrowFunctionExpression"
  );
}
