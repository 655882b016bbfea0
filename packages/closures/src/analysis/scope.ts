import type { AnyNode, Statement } from "acorn";
import { forEachChild, isFunctionNode, patternNames } from "./walk.js";

/** A lexical scope inside the analysed function: only the names matter, since what is not found in any scope is free. */
export class Scope {
  private readonly names = new Set<string>();

  constructor(private readonly parent: Scope | undefined) {}

  declare(name: string): void {
    this.names.add(name);
  }

  has(name: string): boolean {
    if (this.names.has(name)) return true;
    return this.parent?.has(name) ?? false;
  }

  /** Declares what `let`, `const`, `class` and `function` statements of a block bind. */
  declareLexical(statements: readonly AnyNode[]): void {
    for (const statement of statements) {
      if (statement.type === "VariableDeclaration") {
        if (statement.kind !== "var")
          for (const declarator of statement.declarations)
            for (const name of patternNames(declarator.id)) this.declare(name);
      } else if (statement.type === "ClassDeclaration" || statement.type === "FunctionDeclaration") {
        if (statement.id) this.declare(statement.id.name);
      }
    }
  }

  /**
   * Declares the `var`s of a function body wherever they stand, and, in sloppy code, functions declared in blocks: those are visible
   * in the whole function, unless a `let`, `const` or `class` of the same name is in the way (ECMA-262, B.3.2).
   */
  declareHoisted(body: readonly Statement[], strict: boolean): void {
    const hoist = (node: AnyNode, blocks: readonly Scope[]): void => {
      if (node.type === "FunctionDeclaration") {
        const plain = !node.async && !node.generator;
        const hidden = blocks.slice(0, -1).some((block) => node.id !== null && block.names.has(node.id.name));
        if (!strict && plain && !hidden && node.id) this.declare(node.id.name);
        return;
      }
      if (isFunctionNode(node) || node.type === "ClassDeclaration" || node.type === "ClassExpression") return;
      if (node.type === "VariableDeclaration" && node.kind === "var")
        for (const declarator of node.declarations) for (const name of patternNames(declarator.id)) this.declare(name);
      const own = blockScope(node);
      const inside = own === undefined ? blocks : [...blocks, own];
      forEachChild(node, (child) => hoist(child, inside));
    };
    for (const statement of body) hoist(statement, []);
  }
}

/** The names that a statement makes visible inside itself; undefined when it opens no scope. */
function blockScope(node: AnyNode): Scope | undefined {
  const scope = new Scope(undefined);
  switch (node.type) {
    case "BlockStatement":
      scope.declareLexical(node.body);
      return scope;
    case "SwitchStatement":
      for (const one of node.cases) scope.declareLexical(one.consequent);
      return scope;
    case "ForStatement":
      if (node.init) scope.declareLexical([node.init]);
      return scope;
    case "ForInStatement":
    case "ForOfStatement":
      scope.declareLexical([node.left]);
      return scope;
    case "CatchClause":
      // `catch (e)` does not stop a function e of its block from being visible outside; `catch ({ e })` does.
      if (node.param && node.param.type !== "Identifier")
        for (const name of patternNames(node.param)) scope.declare(name);
      return scope;
    default:
      return undefined;
  }
}
