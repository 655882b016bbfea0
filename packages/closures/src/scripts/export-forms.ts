import type { AnyNode, ArrowFunctionExpression, Expression, ReturnStatement } from "acorn";
import { patternNames } from "../analysis/walk.js";
import { stringLiteral } from "./import-forms.js";

interface ExportSink {
  readonly exports: Map<string, string>;
  hasAnonymousDefault: boolean;
}

/**
 * Collects a module's exports, in ES form and in the forms compilers and loaders turn them into. Returns the statements with the
 * `export` keyword taken off, for whoever reads declarations.
 */
export function collectExports(statements: readonly AnyNode[], sink: ExportSink): AnyNode[] {
  const declarations: AnyNode[] = [];
  for (const statement of statements) {
    switch (statement.type) {
      case "ExportNamedDeclaration":
        if (statement.declaration) {
          const { declaration } = statement;
          const names =
            declaration.type === "VariableDeclaration"
              ? declaration.declarations.flatMap(({ id }) => patternNames(id))
              : [declaration.id.name];
          for (const name of names) sink.exports.set(name, name);
          declarations.push(declaration);
        } else if (!statement.source)
          for (const { local, exported } of statement.specifiers) sink.exports.set(nameOf(local), nameOf(exported));
        break;
      case "ExportDefaultDeclaration": {
        const { declaration } = statement;
        if (declaration.type === "Identifier") sink.exports.set(declaration.name, "default");
        else if ("id" in declaration && declaration.id) sink.exports.set(declaration.id.name, "default");
        else sink.hasAnonymousDefault = true;
        if (declaration.type === "ClassDeclaration" && declaration.id !== null) declarations.push(declaration);
        break;
      }
      case "ExpressionStatement":
        collectCompiled(statement.expression, sink);
        break;
      default:
        declarations.push(statement);
    }
  }
  return declarations;
}

function nameOf(node: AnyNode): string {
  return node.type === "Identifier" ? node.name : stringLiteral(node)!;
}

/** `exports.a = a`, `module.exports = { a }`, esbuild's `__export(x, { a: () => a })`, vitest's `__vite_ssr_exportName__`. */
function collectCompiled(expression: Expression, sink: ExportSink): void {
  if (expression.type === "AssignmentExpression") collectAssignment(expression.left, expression.right, sink);
  if (expression.type === "SequenceExpression") for (const one of expression.expressions) collectCompiled(one, sink);
  if (expression.type !== "CallExpression" || expression.callee.type !== "Identifier") return;
  const [first, second] = expression.arguments;
  if (/^__(vite_ssr|vi)_exportName__$/.test(expression.callee.name)) {
    const exported = stringLiteral(first);
    const local = returnedName(second);
    if (exported !== undefined && local !== undefined) sink.exports.set(local, exported);
  } else if (expression.callee.name === "__export" && second?.type === "ObjectExpression") {
    for (const property of second.properties) {
      const local = property.type === "Property" ? returnedName(property.value) : undefined;
      if (property.type === "Property" && local !== undefined) sink.exports.set(local, nameOf(property.key));
    }
  }
}

function collectAssignment(target: AnyNode, value: AnyNode, sink: ExportSink): void {
  if (value.type === "AssignmentExpression") collectAssignment(value.left, value.right, sink);
  if (target.type !== "MemberExpression" || target.computed || target.property.type !== "Identifier") return;
  const { object, property } = target;
  const onExports =
    (object.type === "Identifier" && object.name === "exports") ||
    (object.type === "MemberExpression" && object.property.type === "Identifier" && object.property.name === "exports");
  if (onExports && value.type === "Identifier") sink.exports.set(value.name, property.name);
  if (object.type !== "Identifier" || object.name !== "module" || property.name !== "exports") return;
  if (value.type === "ObjectExpression")
    for (const member of value.properties)
      if (member.type === "Property" && member.value.type === "Identifier")
        sink.exports.set(member.value.name, nameOf(member.key));
}

/** The variable a getter like `() => x` or `() => { try { return x } catch {} }` gives. */
function returnedName(getter: AnyNode | undefined): string | undefined {
  if (getter?.type !== "ArrowFunctionExpression" && getter?.type !== "FunctionExpression") return undefined;
  const { body } = getter as ArrowFunctionExpression;
  if (body.type === "Identifier") return body.name;
  let statement: AnyNode | undefined = body.type === "BlockStatement" ? body.body[0] : undefined;
  if (statement?.type === "TryStatement") statement = statement.block.body[0];
  const argument = (statement as ReturnStatement | undefined)?.argument;
  return statement?.type === "ReturnStatement" && argument?.type === "Identifier" ? argument.name : undefined;
}
