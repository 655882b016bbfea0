import vm from "node:vm";
import type { AnyFunction } from "../any-function.js";
import { InspectorUnavailableError } from "../errors.js";
import { functionInternals, type FunctionInternals, type ScopeSnapshot } from "./function-internals.js";
import { grab, internalSlots, namedProperties, withInspector } from "./session.js";

/** What the self-test asks: the inspector's answers as the session gives them. */
export interface InspectorAnswers {
  readonly internalSlots: typeof internalSlots;
  readonly grab: typeof grab;
  readonly namedProperties: typeof namedProperties;
}

const ownAnswers: InspectorAnswers = { internalSlots, grab, namedProperties };

let passed = false;

/**
 * Checks, once per process, what capture rests on and V8 does not promise: that a function's place can be had, its scopes with the very
 * values in the order in which names are looked up, and the parts of bound functions. A release in which this changed must say so at
 * the first capture instead of sending functions without their variables.
 *
 * @throws InspectorUnavailableError that names what was not as expected
 */
export function checkInspector(): void {
  if (passed) return;
  withInspector(() => checkAnswers(ownAnswers));
  passed = true;
}

type Probes = Readonly<Record<string, AnyFunction>>;
/** What the inspector says about a probe. */
type Ask = (probe: string) => FunctionInternals;

/** Functions of all kinds in scopes of all kinds, one on a line. A script of its own, so that no loader has rewritten it. */
const PROBES = `(function outer(held, shadowed) {
  let uses = () => [held, shadowed];
  try { throw held } catch (caught) {
    const shadowed = caught, inner = [held];
    return {
      uses,
      arrow: () => [held, shadowed, inner, caught, later],
      function: function () { return [held, shadowed]; },
      async: async () => [held, shadowed],
      generator: function* () { yield [held, shadowed]; },
      asyncGenerator: async function* () { yield [held, shadowed]; },
      method: ({ m() { return [held, shadowed]; } }).m,
      getter: Object.getOwnPropertyDescriptor({ get m() { return [held, shadowed]; } }, "m").get,
      class: class { static read() { return [held, shadowed]; } },
      bound: function () {}.bind(held, 1, "two", 3n, -0, undefined, inner),
      boundToNumber: function () {}.bind(NaN),
    };
    let later = held;
  }
})`;
const FIRST_PROBE_LINE = 6;
const CATCH_PROBES = ["arrow", "function", "async", "generator", "asyncGenerator", "method", "getter", "class"];

/** Exported for tests of what is not as expected. */
export function checkAnswers(answers: InspectorAnswers): void {
  const [held, shadowed] = [{}, {}];
  const probes = (vm.runInThisContext(PROBES, { filename: "heddle:self-test" }) as (...args: unknown[]) => Probes)(
    held,
    shadowed,
  );
  const asked = new Map<string, FunctionInternals>();
  const ask: Ask = (name) => {
    const known = asked.get(name) ?? functionInternals(probes[name]!, answers);
    asked.set(name, known);
    return known;
  };
  checkScopes(ask, "uses", { held, shadowed });
  for (const name of CATCH_PROBES) checkScopes(ask, name, { held, shadowed: held });
  const line = (name: string): unknown => ask(name).location?.lineNumber;
  CATCH_PROBES.forEach((name, index) =>
    expect(line(name) === FIRST_PROBE_LINE + index, `the line of ${name} functions is another`),
  );
  checkKinds(ask);
  checkBound(ask, held);
  const array = Object.assign([1, 2], { extra: 1 });
  const names = answers.namedProperties(array);
  expect(names.includes("extra") && !names.includes("0"), "own properties are not told from elements");
}

function checkScopes(ask: Ask, name: string, variables: Record<string, object>): void {
  const what = `${name === "uses" ? "arrow" : name} functions`;
  const { location, scopes } = ask(name);
  expect(typeof location?.scriptId === "string" && location.columnNumber !== undefined, `${what} have no location`);
  expect(scopes.length > 0, `${what} have no scopes`);
  expect(scopes.at(-1)!.kind === "Global", `the last scope of ${what} is not the global one`);
  for (const [variable, value] of Object.entries(variables))
    expect(lookUp(scopes, variable) === value, `the scopes of ${what} do not lead to the values of their variables`);
}

/** As capture does: innermost first. */
function lookUp(scopes: readonly ScopeSnapshot[], name: string): unknown {
  const scope = scopes.find(({ kind, variables }) => kind !== "Global" && Object.hasOwn(variables, name));
  return (scope?.variables as Record<string, unknown> | undefined)?.[name];
}

function checkKinds(ask: Ask): void {
  const { scopes } = ask("arrow");
  // Most have the name of the function around them after the kind.
  const kinds = scopes.map(({ kind }) => kind.replace(/ .*/, "")).filter((kind) => kind !== "Script");
  const expected = ["Block", "Catch", "Closure", "Global"];
  expect(
    kinds.join() === expected.join(),
    `the scopes of a function in a block are ${kinds.join(", ")} instead of ${expected.join(", ")}`,
  );
  expect(scopes.at(-1)!.variables === vm.runInThisContext("globalThis"), "the global scope is not the global object");
  let value: unknown;
  try {
    value = lookUp(scopes, "later");
  } catch {
    // Newer releases throw, older ones show undefined: both are understood.
  }
  expect(value === undefined, "a variable whose declaration has not run has a value");
}

function checkBound(ask: Ask, held: object): void {
  const { bound } = ask("bound");
  expect(bound !== undefined, "bound functions have no target");
  expect(typeof bound!.target === "function", "the target of a bound function is none");
  expect(bound!.receiver === held, "the 'this' of a bound function is another");
  const args = [1, "two", 3n, -0, undefined];
  const { length } = bound!.args;
  expect(length === 6 && args.every((arg, at) => Object.is(bound!.args[at], arg)), "bound arguments are others");
  const number = ask("boundToNumber").bound;
  expect(Number.isNaN(number?.receiver), "a number as the 'this' of a bound function is another");
}

function expect(holds: boolean, unexpected: string): void {
  if (!holds) throw new InspectorUnavailableError({ unexpected });
}
