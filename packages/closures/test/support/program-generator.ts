/** A small seeded generator ("mulberry32"), so that a failing program can be made again from its number. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a name may be used as. */
type Kind =
  | "number"
  | "function"
  | "class"
  | "privateClass"
  | "instance"
  | "object"
  | "array"
  | "generator"
  | "tag"
  | "map"
  | "async"
  | "asyncGenerator";

interface Variable {
  readonly name: string;
  readonly kind: Kind;
  readonly assignable: boolean;
}

/** Few names, so that they shadow each other all the time. */
const NAMES = ["a", "b", "c", "d", "e", "f", "name", "toString"];
/** Not taken for something else by what is hoisted over them: a promise that nobody awaits fails loudly. */
const ASYNC_NAMES = ["p", "q"];

/**
 * Writes JavaScript programs made of nested scopes: shadowed names, closures over loop variables and over variables that they assign,
 * default parameters, destructuring, generators, labelled blocks, classes with private parts, getters, tagged templates, optional
 * chaining, spread, catch clauses. A program is an expression that evaluates to a function.
 */
export class ProgramGenerator {
  private readonly next: () => number;
  private scopes: Variable[][] = [[]];
  private budget = 50;
  private readonly hidden: string[] = [];

  constructor(seed: number) {
    this.next = random(seed);
  }

  program(): string {
    const body = this.block(0);
    return `(() => {${body}\nreturn ${this.root()};\n})()`;
  }

  private int(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  private pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)]!;
  }

  private chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A name that can be declared in the innermost scope. */
  private fresh(names = NAMES): string | undefined {
    const taken = new Set(this.scopes.at(-1)!.map((variable) => variable.name));
    const free = names.filter((name) => !taken.has(name));
    return free.length === 0 ? undefined : this.pick(free);
  }

  private declare(name: string, kind: Kind, assignable = false): void {
    this.scopes.at(-1)!.push({ name, kind, assignable });
  }

  private visible(kind?: Kind): Variable[] {
    const found = new Map<string, Variable>();
    for (const scope of this.scopes) for (const variable of scope) found.set(variable.name, variable);
    return [...found.values()].filter((variable) => kind === undefined || variable.kind === kind);
  }

  private inScope<T>(body: () => T): T {
    this.scopes.push([]);
    const result = body();
    this.scopes.pop();
    return result;
  }

  private block(depth: number): string {
    const statements: string[] = [];
    const count = 2 + this.int(4);
    for (let index = 0; index < count; index++) statements.push(this.statement(depth));
    return statements.join("\n");
  }

  private statement(depth: number): string {
    if (this.budget-- <= 0 || depth > 3) return this.declaration();
    switch (this.int(22)) {
      case 0:
        return `{ ${this.inScope(() => this.block(depth + 1))} }`;
      case 1:
        return this.functionDeclaration(depth);
      case 2:
        return this.closuresOverLoop();
      case 3:
        return `done${depth}: for (let i = 0; i < 3; i++) { for (const j of [0, 1]) { if (i * j === 1) break done${depth}; else if (j) continue done${depth}; } ${this.inScope(() => this.block(depth + 1))} }`;
      case 4:
        return `try { throw { e: ${this.expression()} }; } catch ({ e }) { ${this.inScope(() => {
          this.declare("e", "number");
          return this.block(depth + 1);
        })} }`;
      case 5:
        return this.classDeclaration();
      case 6:
        return this.assignment();
      case 7:
        return this.destructuring();
      case 8:
        return this.objectDeclaration();
      case 9:
        return `switch (${this.expression()} % 3) { case 0: ${this.assignment()} break; default: { ${this.inScope(() => this.block(depth + 1))} } }`;
      case 10:
        return this.generatorDeclaration();
      case 11:
        return this.closuresOverAnyLoop();
      case 12:
        return this.privateClass();
      case 13:
        return this.assigningClosure();
      case 14:
        return this.named(
          "tag",
          () => `(strings, ...values) => strings.raw[0].length + values.length + ${this.expression()}`,
        );
      case 15:
        return this.instance();
      case 16:
        return this.named("map", () => `new Map([["k", ${this.expression()}], [1, [${this.expression()}]]])`);
      case 17:
        return this.asyncDeclaration();
      case 18:
        return this.oldVariable();
      case 19:
        return `if (${this.expression()} > ${this.int(20)}) { ${this.inScope(() => this.block(depth + 1))} } else { ${this.assignment()} }`;
      case 20:
        return this.scopedParameters();
      default:
        return this.declaration();
    }
  }

  /** A constant; its initialiser may use everything but itself. */
  private named(kind: Kind, initialiser: () => string, names = NAMES): string {
    const name = this.fresh(names);
    if (name === undefined) return ";";
    // Hidden while its initialiser is written: it would be read before it exists.
    this.hidden.push(name);
    const text = `const ${name} = ${initialiser()};`;
    this.hidden.pop();
    this.declare(name, kind);
    return text;
  }

  private generatorDeclaration(): string {
    return this.named(
      "generator",
      () =>
        `function* (n = ${this.expression()}) { for (let i = 0; i < 2; i++) yield i + ${this.expression()}; try { yield* [n, ${this.expression()}]; } finally { yield 1; } }`,
    );
  }

  private closuresOverAnyLoop(): string {
    const [kind, loop] = this.pick([
      ["for (const [i, k] of [[1, 2], [3, 4]])", "i + k"],
      ["for (const i in { 1: 1, 2: 2 })", "Number(i)"],
      ["for (let i = 0, read = () => i; i < 2; i++)", "read() * 10 + i"],
      ["for (const { i = 5 } of [{}, { i: 1 }])", "i"],
      ["for (let i = 2; i--; )", "i"],
    ] as const);
    return this.named(
      "array",
      () =>
        `(() => { const made = []; ${kind} made.push(() => ${loop} + ${this.expression()}); made.push(() => 0); return made; })()`,
    );
  }

  /** Its static parts do without what is around them: a class with private static fields is initialised again on the worker. */
  private privateClass(): string {
    const parents = this.visible("privateClass").concat(this.visible("class"));
    const parent = parents.length > 0 && this.chance(0.5) ? ` extends ${this.pick(parents).name}` : "";
    return this.named(
      "privateClass",
      () =>
        `class${this.chance(0.5) ? " Inner" : ""}${parent} { #p = ${this.expression()}; #m(x) { return this.#p + x; } get #g() { return this.#m(1); } static #s = 3; static { this.s = this.#s + ${this.int(9)}; } value() { return this.#g + (#p in this ? 1 : 0)${parent ? " + super.value()" : ""}; } set twice(x) { this.#p = x; } get twice() { return this.#p * 2; } }`,
    );
  }

  /** A closure that assigns a variable around it. */
  private assigningClosure(): string {
    const variables = this.visible("number").filter((variable) => variable.assignable);
    if (variables.length === 0) return ";";
    const { name } = this.pick(variables);
    return this.named("function", () =>
      this.pick([`() => ++${name}`, `(x = 1) => (${name} += x)`, `() => ([${name}] = [${name} + 2])[0]`]),
    );
  }

  private instance(): string {
    const classes = this.visible("class");
    if (classes.length === 0) return ";";
    const { name } = this.pick(classes);
    return this.named("instance", () => `new ${name}()`);
  }

  private asyncDeclaration(): string {
    const [kind, make] = this.pick<[Kind, () => string]>([
      ["async", () => `async (x = ${this.expression()}) => (await ${this.expression()}) + x`],
      ["asyncGenerator", () => `async function* (n) { yield await ${this.expression()}; yield n; }`],
    ]);
    return this.named(kind, make, ASYNC_NAMES);
  }

  /** `var` has names of its own: one that is declared twice, or over a `let`, would not compile. */
  private oldVariable(): string {
    const name = this.pick(["u", "v"]);
    const text = `var ${name} = ${this.expression()};`;
    this.declare(name, "number", true);
    return text;
  }

  /** Parameters have a scope of their own when a default makes a closure. */
  private scopedParameters(): string {
    return this.named(
      "function",
      () =>
        `function (x = ${this.expression()}, get = () => x) { var x = ${this.expression()}; return get() * 10 + x + arguments.length; }`,
    );
  }

  private declaration(): string {
    const name = this.fresh();
    if (name === undefined) return ";";
    const keyword = this.pick(["let", "const"]);
    const text = `${keyword} ${name} = ${this.expression([name])};`;
    this.declare(name, "number", keyword === "let");
    return text;
  }

  private assignment(): string {
    const variables = this.visible("number").filter((variable) => variable.assignable);
    if (variables.length === 0) return ";";
    const { name } = this.pick(variables);
    return this.pick([`${name} += ${this.expression()};`, `${name}++;`, `[${name}] = [${this.expression()}];`]);
  }

  private destructuring(): string {
    const name = this.fresh();
    if (name === undefined) return ";";
    const text = this.pick([
      `const { x: ${name} = ${this.expression([name])} } = { x: ${this.pick(["undefined", "7"])} };`,
      `const [, ${name} = 1, ...rest${this.int(1e6)}] = [1, ${this.expression([name])}, 3];`,
      `let { length: ${name} } = "four";`,
    ]);
    this.declare(name, "number", text.startsWith("let"));
    return text;
  }

  private functionDeclaration(depth: number): string {
    const name = this.fresh();
    if (name === undefined) return ";";
    const parameter = this.pick(NAMES.slice(0, 6));
    const body = this.inScope(() => {
      this.declare(parameter, "number", true);
      return `${this.block(depth + 1)}\nreturn ${this.expression()};`;
    });
    // Its default may use what is around it, and not the names its own body declares.
    const text = this.pick([
      `function ${name}(${parameter} = ${this.expression([parameter, name])}) { ${body} }`,
      `const ${name} = (${parameter} = ${this.expression([parameter, name])}, ...more) => { ${body} };`,
      `const ${name} = function self(${parameter} = 1) { ${body} };`,
    ]);
    this.declare(name, "function");
    return text;
  }

  private closuresOverLoop(): string {
    const name = this.fresh();
    if (name === undefined) return ";";
    const text = this.inScope(() => {
      this.declare("i", "number");
      return `const ${name} = []; for (let i = 0; i < 3; i++) ${name}.push(() => i + ${this.expression([name])});`;
    });
    this.declare(name, "array");
    return text;
  }

  private classDeclaration(): string {
    const name = this.fresh();
    if (name === undefined) return ";";
    const parents = this.visible("class").filter((variable) => variable.name !== name);
    const parent = parents.length > 0 && this.chance(0.5) ? ` extends ${this.pick(parents).name}` : "";
    const method = `value() { return ${this.expression([name])}${parent ? " + super.value()" : ""}; }`;
    const text = `class ${name}${parent} { static s = ${this.expression([name])}; field = ${this.expression([name])}; ${method} get twice() { return this.field * 2; } }`;
    this.declare(name, "class");
    return text;
  }

  private objectDeclaration(): string {
    const name = this.fresh();
    if (name === undefined) return ";";
    const text = `const ${name} = { v: ${this.expression([name])}, get g() { return ${this.expression([name])}; }, m() { return this.v + ${this.expression([name])}; }, "odd key": [${this.expression([name])}, , -0] };`;
    this.declare(name, "object");
    return text;
  }

  /** A number made of what is visible. @param except names that are not initialised where it stands */
  private expression(except: readonly string[] = []): string {
    const usable = this.visible().filter(({ name }) => !except.includes(name) && !this.hidden.includes(name));
    if (usable.length === 0 || this.chance(0.25)) return String(this.int(10));
    if (this.chance(0.15)) return this.composed(except);
    const { name, kind } = this.pick(usable);
    switch (kind) {
      case "number":
        return this.chance(0.5) ? name : `(${name} + ${this.int(5)})`;
      case "function":
        return `${name}(${this.chance(0.5) ? this.int(5) : ""})`;
      case "class":
      case "privateClass":
        return this.pick([`new ${name}().value()`, `new ${name}().twice`, `${name}.s`]);
      case "instance":
        return this.pick([`${name}.value()`, `${name}.twice`, `${name}.field++`]);
      case "generator":
        return this.pick([`[...${name}()].length`, `${name}(3).next().value`, `Math.max(...${name}(2))`]);
      case "tag":
        return `${name}\`a\${${this.int(9)}}b\``;
      case "map":
        return this.pick([`${name}.get("k")`, `${name}.get(1)[0]`, `${name}.set(${this.int(3)}, 1).size`]);
      case "async":
      case "asyncGenerator":
        return `${name}.name.length`;
      case "object":
        return this.pick([`${name}.v`, `${name}?.g`, `${name}.m?.()`, `${name}["odd key"].length`, `${name}.v++`]);
      case "array":
        return this.pick([`${name}[${this.int(3)}]?.()`, `${name}.map((f) => f()).length`]);
    }
  }

  private composed(except: readonly string[]): string {
    const [one, two] = [this.expression(except), this.expression(except)];
    return this.pick([
      `((a) => a + ${one})(${two})`,
      `Math.max(...[${one}, ${two}])`,
      `(${one} > ${two} ? ${one} : ${two})`,
      `\`\${${one}}-\${${two}}\`.length`,
      `({ ...{ k: ${one} } }).k`,
      `(${one} || ${two})`,
      `((null ?? ${one}), ${two})`,
      `[...[${one}], ${two}].length`,
      `(function () { return arguments.length + ${one}; })(${two})`,
      `((o) => o?.k?.j ?? o?.i)({ i: ${one} })`,
    ]);
  }

  private root(): string {
    const parameter = this.pick(NAMES.slice(0, 6));
    return this.inScope(() => {
      this.declare(parameter, "number", true);
      const body = this.block(1);
      const parts = Array.from({ length: 3 }, () => this.expression());
      const result = `[${parts.join(", ")}, ${this.visible().length}]`;
      const awaited = this.visible().flatMap(({ name, kind }) =>
        kind === "async" ? [`${name}()`] : kind === "asyncGenerator" ? [`${name}(5).next()`] : [],
      );
      // All begun at once: the part before the first await is what a time limit can cover.
      const asyncResult = `[${parts.join(", ")}, ...(await Promise.all([${awaited.join(", ")}]))]`;
      return this.pick([
        `(${parameter}) => { ${body}\nreturn ${result}; }`,
        `function (${parameter}) { ${body}\nreturn ${result}; }`,
        `function* (${parameter}) { ${body}\nyield* ${result}; }`,
        `async (${parameter}) => { ${body}\nreturn ${asyncResult}; }`,
        `({ method(${parameter}) { ${body}\nreturn ${result}; } }).method`,
        `async function* (${parameter}) { ${body}\nyield ${asyncResult}; }`,
      ]);
    });
  }
}
