import type { AnyNode, CallExpression, ClassDeclaration, ClassExpression, Pattern } from "acorn";
import type { AnonymousClassDeclaration, AnonymousFunctionDeclaration } from "acorn";
import type { ArrowFunctionExpression, FunctionDeclaration, FunctionExpression } from "acorn";
import { stringLiteral } from "../scripts/import-forms.js";
import { parseFunction, type FunctionForm, type FunctionKind, type ParsedFunction } from "./parse-function.js";
import { Scope } from "./scope.js";
import { staticParts, type StaticParts, type TextRange } from "./static-parts.js";
import { forEachChild, patternNames } from "./walk.js";

/** How a function uses one variable that it does not declare itself. */
export interface FreeVariable {
  writes: number;
  /** Names read as `variable.name`. */
  readonly members: Set<string>;
  /** Whether it is used in any way other than `variable.name`. */
  whole: boolean;
  /** Texts that it is called with alone: specifiers, where it is a `require`. */
  calledWith?: Set<string>;
}

/** All that matters about the source text of one function or class. */
export interface FunctionAnalysis {
  readonly form: FunctionForm;
  readonly kind: FunctionKind;
  readonly node: ParsedFunction["node"];
  readonly shift: number;
  readonly free: ReadonlyMap<string, FreeVariable>;
  /** Of an arrow function: whether it takes `this` (`arguments`, `new.target`) from the function around it. */
  readonly outerThis: boolean;
  readonly outerArguments: boolean;
  readonly outerNewTarget: boolean;
  readonly usesSuper: boolean;
  /** `eval(...)` or `with`: the variables it needs cannot be known. */
  readonly dynamicScope: boolean;
  readonly importMeta: readonly TextRange[];
  readonly dynamicImports: readonly { readonly start: number; readonly specifier: string | undefined }[];
  /** Of a class: where the expression after `extends` stands. */
  readonly heritage: TextRange | undefined;
  /** Of a method: where its computed name stands. */
  readonly computedName: TextRange | undefined;
  /** Variables that are used in computed member names of a class and nowhere else. */
  readonly memberNameVariables: ReadonlySet<string>;
  /** Of a class: what need not run again where it arrives. */
  readonly statics: StaticParts | undefined;
  readonly privateStatics: readonly string[];
  readonly hasPrivateFields: boolean;
}

/** Parses the text of a function and finds the variables it takes from outside. */
export function analyzeFunction(text: string, strict: boolean): FunctionAnalysis {
  return new Analyzer(parseFunction(text, strict), strict).run();
}

/**
 * Whose `this`, `arguments`, `new.target` and `super` are meant: those of a function around the analysed one (which then is an arrow
 * function), its own, or those of a function or class inside it.
 */
type Receiver = "outer" | "own" | "inner";

type ClassNode = ClassExpression | ClassDeclaration | AnonymousClassDeclaration;

class Analyzer {
  private readonly free = new Map<string, FreeVariable>();
  private readonly importMeta: TextRange[] = [];
  private readonly dynamicImports: { start: number; specifier: string | undefined }[] = [];
  private readonly memberNameVariables = new Set<string>();
  private readonly privateStatics: string[] = [];
  private outerThis = false;
  private outerArguments = false;
  private outerNewTarget = false;
  private usesSuper = false;
  private dynamicScope = false;
  private hasPrivateFields = false;
  private heritage: TextRange | undefined;
  private computedName: TextRange | undefined;
  private statics: StaticParts | undefined;

  constructor(
    private readonly parsed: ParsedFunction,
    private readonly strict: boolean,
  ) {}

  run(): FunctionAnalysis {
    const { node, form, kind, shift } = this.parsed;
    const top = new Scope(undefined);
    switch (node.type) {
      case "ClassExpression":
        this.visitClass(node, top, "inner", true);
        break;
      case "Property":
      case "MethodDefinition":
        if (node.computed) this.computedName = this.range(node.key);
        this.visitFunction(node.value as FunctionExpression, top, "own");
        break;
      default:
        this.visitFunction(node, top, node.type === "ArrowFunctionExpression" ? "outer" : "own");
    }
    const { free, outerThis, outerArguments, outerNewTarget, usesSuper, dynamicScope, importMeta, dynamicImports } =
      this;
    const { heritage, computedName, memberNameVariables, statics, privateStatics, hasPrivateFields } = this;
    return {
      ...{ form, kind, node, shift, free, outerThis, outerArguments, outerNewTarget, usesSuper, dynamicScope },
      ...{ importMeta, dynamicImports, heritage, computedName, memberNameVariables },
      ...{ statics, privateStatics, hasPrivateFields },
    };
  }

  private range(node: AnyNode): TextRange {
    return [node.start - this.parsed.shift, node.end - this.parsed.shift];
  }

  private variable(name: string, scope: Scope): FreeVariable | undefined {
    if (scope.has(name)) return undefined;
    let variable = this.free.get(name);
    if (variable === undefined) this.free.set(name, (variable = { writes: 0, members: new Set(), whole: false }));
    return variable;
  }

  private read(name: string, scope: Scope, parent?: AnyNode): void {
    const variable = this.variable(name, scope);
    if (variable === undefined) return;
    if (parent?.type === "MemberExpression" && !parent.computed && parent.property.type === "Identifier")
      variable.members.add(parent.property.name);
    else variable.whole = true;
  }

  private foundCall({ callee, arguments: [first, ...others] }: CallExpression, scope: Scope): void {
    const text = stringLiteral(first);
    if (callee.type !== "Identifier" || text === undefined || others.length > 0) return;
    const variable = this.variable(callee.name, scope);
    if (variable !== undefined) (variable.calledWith ??= new Set()).add(text);
  }

  private write(name: string, scope: Scope): void {
    const variable = this.variable(name, scope);
    if (variable !== undefined) variable.writes++;
  }

  private visitFunction(
    node: FunctionExpression | FunctionDeclaration | AnonymousFunctionDeclaration | ArrowFunctionExpression,
    outer: Scope,
    own: Receiver,
  ): void {
    const named = new Scope(outer);
    if (node.type === "FunctionExpression" && node.id) named.declare(node.id.name);
    const parameters = new Scope(named);
    for (const parameter of node.params) for (const name of patternNames(parameter)) parameters.declare(name);
    for (const parameter of node.params) this.visitPattern(parameter, parameters, own, false);
    if (node.body.type !== "BlockStatement") return this.visit(node.body, parameters, own);
    const body = new Scope(parameters);
    body.declareHoisted(node.body.body, this.strict);
    body.declareLexical(node.body.body);
    for (const statement of node.body.body) this.visit(statement, body, own);
  }

  private visitClass(node: ClassNode, outer: Scope, receiver: Receiver, isRoot: boolean): void {
    const scope = new Scope(outer);
    if (node.id) scope.declare(node.id.name);
    if (node.superClass) {
      // V8 keeps no scope entry for a name that only `extends` uses, so the root class gets its parent from the live object.
      if (isRoot) this.heritage = this.range(node.superClass);
      else this.visit(node.superClass, scope, receiver);
    }
    if (isRoot) this.statics = staticParts(node.body, this.parsed.shift);
    const keepsStatics = !isRoot || this.statics === undefined;
    for (const member of node.body.body) {
      if (member.type !== "StaticBlock" && member.computed) {
        const before = new Set(this.free.keys());
        this.visit(member.key, scope, receiver);
        if (isRoot) for (const name of this.free.keys()) if (!before.has(name)) this.memberNameVariables.add(name);
      }
      switch (member.type) {
        case "StaticBlock": {
          if (!keepsStatics) break;
          const block = new Scope(scope);
          block.declareHoisted(member.body, true);
          block.declareLexical(member.body);
          for (const statement of member.body) this.visit(statement, block, "inner");
          break;
        }
        case "PropertyDefinition":
          if (isRoot && member.key.type === "PrivateIdentifier") this.foundPrivate(member.key.name, member.static);
          if (member.value && (keepsStatics || !member.static)) this.visit(member.value, scope, "inner");
          break;
        case "MethodDefinition":
          if (isRoot && member.key.type === "PrivateIdentifier" && !member.static) this.hasPrivateFields = true;
          this.visitFunction(member.value, scope, "inner");
          break;
      }
    }
    if (isRoot)
      for (const name of this.memberNameVariables) {
        const variable = this.free.get(name);
        if (variable !== undefined && this.readOutsideNames(node, name)) this.memberNameVariables.delete(name);
      }
  }

  private foundPrivate(name: string, isStatic: boolean): void {
    if (isStatic) this.privateStatics.push(`#${name}`);
    else this.hasPrivateFields = true;
  }

  /** Whether a variable that a computed member name uses is also used by a body, which makes V8 keep it. */
  private readOutsideNames(node: ClassNode, name: string): boolean {
    const inBodies = (child: AnyNode): boolean => {
      if (child.type === "Identifier" && child.name === name) return true;
      let found = false;
      forEachChild(child, (grandchild) => (found ||= inBodies(grandchild)));
      return found;
    };
    return node.body.body.some((member) =>
      member.type === "StaticBlock" ? inBodies(member) : member.value != null && inBodies(member.value),
    );
  }

  /** @param assigns true for the target of an assignment, false for a declaration (whose names are in scope already) */
  private visitPattern(pattern: Pattern | null | undefined, scope: Scope, receiver: Receiver, assigns: boolean): void {
    switch (pattern?.type) {
      case undefined:
        return;
      case "Identifier":
        if (assigns) this.write(pattern.name, scope);
        return;
      case "MemberExpression":
        return this.visit(pattern, scope, receiver);
      case "ObjectPattern":
        for (const property of pattern.properties) {
          if (property.type === "RestElement") this.visitPattern(property.argument, scope, receiver, assigns);
          else {
            if (property.computed) this.visit(property.key, scope, receiver);
            this.visitPattern(property.value, scope, receiver, assigns);
          }
        }
        return;
      case "ArrayPattern":
        for (const element of pattern.elements) this.visitPattern(element, scope, receiver, assigns);
        return;
      case "AssignmentPattern":
        this.visitPattern(pattern.left, scope, receiver, assigns);
        return this.visit(pattern.right, scope, receiver);
      case "RestElement":
        return this.visitPattern(pattern.argument, scope, receiver, assigns);
      default:
        return this.visit(pattern, scope, receiver);
    }
  }

  private visitBlock(statements: readonly AnyNode[], outer: Scope, receiver: Receiver): void {
    const scope = new Scope(outer);
    scope.declareLexical(statements);
    for (const statement of statements) this.visit(statement, scope, receiver);
  }

  private visit(node: AnyNode, scope: Scope, receiver: Receiver, parent?: AnyNode): void {
    switch (node.type) {
      case "Identifier":
        if (node.name === "arguments" && !scope.has("arguments")) {
          if (receiver === "outer") this.outerArguments = true;
          return;
        }
        return this.read(node.name, scope, parent);
      case "ThisExpression":
        if (receiver === "outer") this.outerThis = true;
        return;
      case "Super":
        if (receiver !== "inner") this.usesSuper = true;
        return;
      case "MetaProperty":
        if (node.meta.name === "import") this.importMeta.push(this.range(node));
        else if (receiver === "outer") this.outerNewTarget = true;
        return;
      case "ImportExpression": {
        const { source } = node;
        const specifier = source.type === "Literal" && typeof source.value === "string" ? source.value : undefined;
        this.dynamicImports.push({ start: this.range(node)[0], specifier });
        break;
      }
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        return this.visitFunction(node, scope, node.type === "ArrowFunctionExpression" ? receiver : "inner");
      case "ClassDeclaration":
      case "ClassExpression":
        return this.visitClass(node, scope, receiver, false);
      case "MemberExpression":
        this.visit(node.object, scope, receiver, node);
        if (node.computed) this.visit(node.property, scope, receiver);
        return;
      case "Property":
        if (node.computed) this.visit(node.key, scope, receiver);
        return this.visit(node.value, scope, receiver);
      case "CallExpression":
        if (node.callee.type === "Identifier" && node.callee.name === "eval" && !scope.has("eval"))
          this.dynamicScope = true;
        this.foundCall(node, scope);
        break;
      case "WithStatement":
        this.dynamicScope = true;
        break;
      case "AssignmentExpression":
        this.visitPattern(node.left, scope, receiver, true);
        if (node.operator !== "=" && node.left.type === "Identifier") this.read(node.left.name, scope);
        return this.visit(node.right, scope, receiver);
      case "UpdateExpression":
        if (node.argument.type === "Identifier") this.write(node.argument.name, scope);
        break;
      case "BlockStatement":
        return this.visitBlock(node.body, scope, receiver);
      case "SwitchStatement": {
        this.visit(node.discriminant, scope, receiver);
        const cases = new Scope(scope);
        for (const one of node.cases) cases.declareLexical(one.consequent);
        for (const one of node.cases) {
          if (one.test) this.visit(one.test, cases, receiver);
          for (const statement of one.consequent) this.visit(statement, cases, receiver);
        }
        return;
      }
      case "ForStatement": {
        const loop = new Scope(scope);
        if (node.init?.type === "VariableDeclaration") loop.declareLexical([node.init]);
        return forEachChild(node, (child) => this.visit(child, loop, receiver));
      }
      case "ForInStatement":
      case "ForOfStatement": {
        const loop = new Scope(scope);
        if (node.left.type === "VariableDeclaration") {
          loop.declareLexical([node.left]);
          for (const declarator of node.left.declarations) this.visitPattern(declarator.id, loop, receiver, false);
        } else this.visitPattern(node.left, loop, receiver, true);
        this.visit(node.right, loop, receiver);
        return this.visit(node.body, loop, receiver);
      }
      case "VariableDeclaration":
        for (const declarator of node.declarations) {
          this.visitPattern(declarator.id, scope, receiver, false);
          if (declarator.init) this.visit(declarator.init, scope, receiver);
        }
        return;
      case "CatchClause": {
        const handler = new Scope(scope);
        for (const name of patternNames(node.param)) handler.declare(name);
        this.visitPattern(node.param, handler, receiver, false);
        return this.visit(node.body, handler, receiver);
      }
      case "LabeledStatement":
        return this.visit(node.body, scope, receiver);
      case "BreakStatement":
      case "ContinueStatement":
      case "PrivateIdentifier":
        return;
      default:
    }
    forEachChild(node, (child) => this.visit(child, scope, receiver, node));
  }
}
