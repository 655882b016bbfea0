import { parse, type AnyNode, type Identifier, type Pattern, type Program } from "acorn";
import { forEachChild, isFunctionNode, patternNames } from "../analysis/walk.js";
import { collectExports } from "./export-forms.js";
import { importSource, stringLiteral, type ImportSource } from "./import-forms.js";
import { moduleBody } from "./loader-wrappers.js";

/** An import bound inside a function: `const { x } = await import("y")`. `within` is the function's range. */
export interface NestedImport {
  readonly name: string;
  readonly source: ImportSource;
  readonly within: Range;
}

/** A let, const or class inside a function or block, which is not initialised before `end`. */
interface NestedDeclaration {
  readonly name: string;
  readonly block: Range;
  /** The function's range, or that of the script. */
  readonly within: Range;
  readonly end: number;
}

type Range = readonly [start: number, end: number];

const WHOLE: Range = [-1, Infinity];

const contains = ([start, end]: Range, offset: number): boolean => offset >= start && offset < end;

/**
 * What a script says about itself, read once from the text V8 loaded: which variables are imports, which are exported, which are
 * ever assigned again. Deciding this from the text, never by comparing values, is what keeps "imported" and "copied" apart.
 */
export class ScriptTable {
  /** Import bindings of the module's top level, by local name. */
  readonly imports = new Map<string, ImportSource>();
  readonly nestedImports: NestedImport[] = [];
  /** Exported name by local name. */
  readonly exports = new Map<string, string>();
  hasAnonymousDefault = false;
  /** Names that are assigned anywhere after their declaration. */
  readonly reassigned = new Set<string>();
  /** Whether vitest's module runner wrapped the module into a function. */
  isVite = false;
  /** Whether the code outside any function is strict. */
  strict = false;
  private readonly declarationEnds = new Map<string, number>();
  private readonly functionRanges: Range[] = [];
  /** Arrow functions too. */
  private readonly allFunctions: Range[] = [];
  private readonly nestedDeclarations: NestedDeclaration[] = [];

  private constructor() {}

  static of(source: string, isModule: boolean): ScriptTable {
    const table = new ScriptTable();
    const program = parseScript(source, isModule);
    table.strict = isModule;
    if (program !== undefined) table.read(program, isModule);
    return table;
  }

  /** Where the declaration of a top-level let, const or class ends: before that point it is not initialised. */
  declarationEnd(name: string): number | undefined {
    return this.declarationEnds.get(name);
  }

  /** Whether an offset lies inside a function, so that its code runs later than the module's top level. */
  insideFunction(offset: number): boolean {
    return this.functionRanges.some(([start, end]) => offset >= start && offset < end);
  }

  /**
   * Whether a function that has come as far as `reached` has not yet come to its declaration of a variable.
   *
   * @param user where a function stands that uses the variable
   */
  beforeNestedDeclaration(name: string, user: number, reached: number): boolean {
    const around = this.nestedDeclarations.filter((each) => each.name === name && contains(each.block, user));
    const innermost = around.reduce<NestedDeclaration | undefined>(
      (a, b) => (a !== undefined && a.block[0] > b.block[0] ? a : b),
      undefined,
    );
    if (innermost === undefined || !contains(innermost.block, reached) || reached >= innermost.end) return false;
    const { within } = innermost;
    return !this.allFunctions.some(
      (inner) => inner[0] > within[0] && inner[1] <= within[1] && contains(inner, reached),
    );
  }

  private read(program: Program, isModule: boolean): void {
    const unwrapped = isModule ? undefined : moduleBody(program);
    this.isVite = unwrapped?.isVite ?? false;
    this.strict ||= this.isVite || startsStrict(unwrapped?.body ?? program.body) || startsStrict(program.body);
    const statements: AnyNode[] = unwrapped?.body ?? program.body;
    const declarations = collectExports(statements, this);
    for (const statement of declarations) this.readStatement(statement);
    this.scan(program, undefined, undefined);
  }

  private readStatement(statement: AnyNode): void {
    if (statement.type === "ImportDeclaration") {
      const specifier = stringLiteral(statement.source)!;
      for (const binding of statement.specifiers) {
        const path =
          binding.type === "ImportNamespaceSpecifier"
            ? []
            : binding.type === "ImportDefaultSpecifier"
              ? ["default"]
              : [binding.imported.type === "Identifier" ? binding.imported.name : String(binding.imported.value)];
        this.imports.set(binding.local.name, { specifier, form: "import", path, constant: true });
      }
    } else if (statement.type === "VariableDeclaration") {
      for (const { id, init, end } of statement.declarations) {
        const source = importSource(init) ?? this.aliasOf(init, statement.kind);
        if (source !== undefined) bind(id, source, (name, from) => this.imports.set(name, from));
        if (statement.kind !== "var") for (const name of patternNames(id)) this.declarationEnds.set(name, end);
      }
    } else if (statement.type === "ClassDeclaration" && statement.id)
      this.declarationEnds.set(statement.id.name, statement.end);
  }

  /** `const fs = node_fs_1` after an import: the same module under another name. */
  private aliasOf(init: AnyNode | null | undefined, kind: string): ImportSource | undefined {
    return init?.type === "Identifier" && kind === "const" ? this.imports.get(init.name) : undefined;
  }

  private scan(node: AnyNode, within: Range | undefined, block: Range | undefined): void {
    if (isFunctionNode(node)) this.allFunctions.push((within = block = [node.start, node.end]));
    else if (/^(Block|For|Switch)/.test(node.type)) block = [node.start, node.end];
    switch (node.type) {
      case "ClassDeclaration":
        if (block && node.id)
          this.nestedDeclarations.push({ name: node.id.name, block, within: within ?? WHOLE, end: node.end });
        break;
      case "VariableDeclaration":
        if (block && node.kind !== "var")
          for (const { id, end } of node.declarations)
            for (const name of patternNames(id))
              this.nestedDeclarations.push({ name, block, within: within ?? WHOLE, end });
        break;
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "PropertyDefinition":
      case "StaticBlock":
        this.functionRanges.push([node.start, node.end]);
        break;
      case "VariableDeclarator": {
        const source = within && importSource(node.init);
        if (source)
          bind(node.id, source, (name, from) => this.nestedImports.push({ name, source: from, within: within! }));
        break;
      }
      case "AssignmentExpression":
        for (const name of patternNames(node.left)) this.reassigned.add(name);
        break;
      case "UpdateExpression":
        if (node.argument.type === "Identifier") this.reassigned.add(node.argument.name);
        break;
      case "ForInStatement":
      case "ForOfStatement":
        if (node.left.type !== "VariableDeclaration")
          for (const name of patternNames(node.left)) this.reassigned.add(name);
        break;
      default:
    }
    forEachChild(node, (child) => this.scan(child, within, block));
  }
}

function bind(id: Pattern, source: ImportSource, found: (name: string, source: ImportSource) => void): void {
  if (id.type === "Identifier") found(id.name, source);
  else if (id.type === "ObjectPattern")
    for (const property of id.properties)
      if (property.type === "Property" && !property.computed && property.value.type === "Identifier") {
        const key = property.key as Identifier;
        bind(property.value, { ...source, path: [...source.path, key.name ?? stringLiteral(property.key)] }, found);
      }
}

function parseScript(source: string, isModule: boolean): Program | undefined {
  const options = {
    ecmaVersion: "latest",
    allowReturnOutsideFunction: true,
    allowAwaitOutsideFunction: true,
    allowHashBang: true,
    checkPrivateFields: false,
  } as const;
  try {
    return parse(source, { ...options, sourceType: isModule ? "module" : "script" });
  } catch {
    try {
      return parse(source, { ...options, sourceType: "module" });
    } catch {
      // Code in a syntax newer than the parser: nothing is known of imports then, and values are copied or refused.
      return undefined;
    }
  }
}

function startsStrict(statements: readonly AnyNode[]): boolean {
  const first = statements[0];
  return first?.type === "ExpressionStatement" && first.directive === "use strict";
}
