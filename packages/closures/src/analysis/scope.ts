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
   * Declares the `var`s of a function body wherever they stand, and, in sloppy code, functions declared in blocks (they are
   * visible in the whole function there).
   */
  declareHoisted(body: readonly Statement[], strict: boolean): void {
    const hoist = (node: AnyNode): void => {
      if (node.type === "FunctionDeclaration") {
        if (!strict && node.id) this.declare(node.id.name);
        return;
      }
      if (isFunctionNode(node) || node.type === "ClassDeclaration" || node.type === "ClassExpression") return;
      if (node.type === "VariableDeclaration" && node.kind === "var")
        for (const declarator of node.declarations) for (const name of patternNames(declarator.id)) this.declare(name);
      forEachChild(node, hoist);
    };
    for (const statement of body) hoist(statement);
  }
}
