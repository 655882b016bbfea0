import { parse, type AnyNode, type ClassExpression, type MethodDefinition, type Property } from "acorn";
import type { ArrowFunctionExpression, FunctionExpression, Options } from "acorn";
import { SURROUNDINGS, type FunctionForm } from "./surroundings.js";

export type { FunctionForm } from "./surroundings.js";

export type FunctionKind = "arrow" | "function" | "class" | "method" | "getter" | "setter";

type FunctionNode = ArrowFunctionExpression | FunctionExpression | ClassExpression | Property | MethodDefinition;

export interface ParsedFunction {
  readonly form: FunctionForm;
  readonly kind: FunctionKind;
  readonly node: FunctionNode;
  /** Subtract from a node's position to get the offset in the function's own text. */
  readonly shift: number;
}

const OPTIONS: Omit<Options, "sourceType"> = {
  ecmaVersion: "latest",
  allowReturnOutsideFunction: true,
  allowSuperOutsideMethod: true,
  allowHashBang: true,
  checkPrivateFields: false,
};

/**
 * Parses what `Function.prototype.toString` returned, which may be a method shorthand, an accessor or a class member and is then
 * no expression by itself.
 *
 * @param strict whether the code came from a module or from under "use strict"
 * @throws SyntaxError of the first attempt when no form fits
 */
export function parseFunction(text: string, strict: boolean): ParsedFunction {
  let failure: unknown;
  for (const form of ["expression", "object-method", "class-member"] as const) {
    const { prefix, suffix } = SURROUNDINGS[form];
    for (const sourceType of strict ? (["module"] as const) : (["script", "module"] as const)) {
      try {
        const program = parse(prefix + text + suffix, { ...OPTIONS, sourceType });
        const node = functionIn(program.body[0] as AnyNode, form);
        return { form, kind: kindOf(node), node, shift: prefix.length };
      } catch (error) {
        failure ??= error;
      }
    }
  }
  throw failure;
}

function functionIn(statement: AnyNode, form: FunctionForm): FunctionNode {
  if (statement.type !== "ExpressionStatement") throw new SyntaxError("not a function");
  const { expression } = statement;
  switch (form) {
    case "expression":
      if (
        expression.type === "ArrowFunctionExpression" ||
        expression.type === "FunctionExpression" ||
        expression.type === "ClassExpression"
      )
        return expression;
      break;
    case "object-method":
      if (expression.type === "ObjectExpression" && expression.properties[0]?.type === "Property")
        return expression.properties[0];
      break;
    case "class-member":
      if (expression.type === "ClassExpression" && expression.body.body[0]?.type === "MethodDefinition")
        return expression.body.body[0];
      break;
  }
  throw new SyntaxError("not a function");
}

function kindOf(node: FunctionNode): FunctionKind {
  switch (node.type) {
    case "ArrowFunctionExpression":
      return "arrow";
    case "FunctionExpression":
      return "function";
    case "ClassExpression":
      return "class";
    case "Property":
    case "MethodDefinition":
      return node.kind === "get" ? "getter" : node.kind === "set" ? "setter" : "method";
  }
}
