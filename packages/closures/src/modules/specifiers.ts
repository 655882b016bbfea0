import { parse, type AnyNode } from "acorn";
import { initSync, parse as lexModule } from "es-module-lexer";
import { forEachChild } from "../analysis/walk.js";
import { stringLiteral } from "../scripts/import-forms.js";

/** A literal specifier in a module's text: [start, end) covers the quotes. */
export interface SpecifierSite {
  readonly start: number;
  readonly end: number;
  readonly specifier: string;
  /** Whether the statement carries import attributes (`with { type: "json" }`). */
  readonly attributes: boolean;
  /** A statement of an ES module: what it names has been evaluated before the module itself. */
  readonly isStatement: boolean;
}

export interface ModuleSites {
  readonly specifiers: readonly SpecifierSite[];
  /** Where the text speaks of its own place: import.meta, __filename, __dirname. */
  readonly selfReferences: readonly { readonly start: number; readonly end: number; readonly name: string }[];
}

/** Whether a text uses import or export statements or import.meta: Node's own test for files whose package gives no type. */
export function hasModuleSyntax(text: string): boolean {
  initSync();
  try {
    return lexModule(text)[3];
  } catch {
    return false;
  }
}

export function sitesOfModule(text: string): ModuleSites {
  initSync();
  const specifiers: SpecifierSite[] = [];
  const selfReferences: { start: number; end: number; name: string }[] = [];
  for (const { n: specifier, s: start, e: end, d: dynamic, a: attributes } of lexModule(text)[0]) {
    if (dynamic === IMPORT_META) selfReferences.push({ start, end, name: "import.meta" });
    else if (specifier !== undefined) {
      // The lexer's range leaves the quotes out for statements and includes them for `import()`.
      const quotes = dynamic === STATEMENT ? 1 : 0;
      specifiers.push({
        start: start - quotes,
        end: end + quotes,
        specifier,
        attributes: attributes >= 0,
        isStatement: dynamic === STATEMENT,
      });
    }
  }
  return { specifiers, selfReferences };
}

const STATEMENT = -1;
const IMPORT_META = -2;

export function sitesOfCommonJs(text: string): ModuleSites {
  const specifiers: SpecifierSite[] = [];
  const selfReferences: { start: number; end: number; name: string }[] = [];
  const visit = (node: AnyNode, parent: AnyNode | undefined): void => {
    const argument =
      node.type === "CallExpression" && isRequire(node.callee)
        ? node.arguments[0]
        : node.type === "ImportExpression"
          ? node.source
          : undefined;
    const specifier = stringLiteral(argument);
    if (argument !== undefined && specifier !== undefined)
      specifiers.push({ start: argument.start, end: argument.end, specifier, attributes: false, isStatement: false });
    if (node.type === "Identifier" && (node.name === "__filename" || node.name === "__dirname") && isUse(node, parent))
      selfReferences.push({ start: node.start, end: node.end, name: node.name });
    forEachChild(node, (child) => visit(child, node));
  };
  const program = parse(text, {
    ecmaVersion: "latest",
    sourceType: "script",
    allowHashBang: true,
    allowReturnOutsideFunction: true,
  });
  visit(program, undefined);
  return { specifiers, selfReferences };
}

/** `require("x")` and `require.resolve("x")`. */
function isRequire(callee: AnyNode): boolean {
  if (callee.type === "MemberExpression")
    return callee.property.type === "Identifier" && callee.property.name === "resolve" && isRequire(callee.object);
  return callee.type === "Identifier" && callee.name === "require";
}

function isUse(node: AnyNode, parent: AnyNode | undefined): boolean {
  if (parent?.type === "MemberExpression") return parent.object === node || parent.computed;
  if (parent?.type === "Property") return parent.value === node && !parent.shorthand;
  return parent?.type !== "VariableDeclarator" || parent.init === node;
}
