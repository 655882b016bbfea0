/** Capture rests on what V8 does not promise: when an answer is another than expected, that is said. */
import { describe, expect, it } from "vitest";
import { InspectorUnavailableError } from "../src/errors.js";
import { checkAnswers, type InspectorAnswers } from "../src/inspect/self-test.js";
import { grab, internalSlots, namedProperties, withInspector } from "../src/inspect/session.js";
import { runClient } from "./support/client-program.js";

const answers: InspectorAnswers = { internalSlots, grab, namedProperties };
type Slots = Record<string, ReturnType<typeof internalSlots>[string]>;
type Scopes = { description: string; object: object }[];

/** The inspector's own answers, with something in a function's slots changed. */
const withSlots = (change: (slots: Slots, fn: object) => void): InspectorAnswers => ({
  ...answers,
  internalSlots: (fn) => {
    const slots: Slots = { ...internalSlots(fn) };
    change(slots, fn);
    return slots;
  },
});

/** With the list of scopes changed. */
const withScopes = (change: (scopes: Scopes) => Scopes): InspectorAnswers => ({
  ...answers,
  grab: (remote) => {
    const value = grab(remote) as Partial<Record<number, Scopes[number]>>;
    if (remote.description === undefined || !/^Scopes/.test(remote.description)) return value;
    const scopes: Scopes = [];
    for (let index = 0; value[index] !== undefined; index++)
      scopes.push({ description: value[index]!.description, object: value[index]!.object });
    return change(scopes);
  },
});

const only = (kind: string, change: (slots: Slots) => void): InspectorAnswers =>
  withSlots((slots, fn) => Object.prototype.toString.call(fn) === `[object ${kind}]` && change(slots));

const renamed = (from: string, to: string): InspectorAnswers =>
  withScopes((scopes) =>
    scopes.map((scope) => (scope.description.split(" ")[0] === from ? { ...scope, description: to } : scope)),
  );

const ALTERED: Readonly<Record<string, readonly [InspectorAnswers, RegExp]>> = {
  "no scopes": [withSlots((slots) => delete slots["[[Scopes]]"]), /have no scopes/],
  "no location": [withSlots((slots) => delete slots["[[FunctionLocation]]"]), /have no location/],
  "no scopes of generators": [only("GeneratorFunction", (s) => delete s["[[Scopes]]"]), /generator functions have no/],
  "no scopes of async functions": [only("AsyncFunction", (s) => delete s["[[Scopes]]"]), /async functions have no/],
  "no scopes of async generators": [
    only("AsyncGeneratorFunction", (s) => delete s["[[Scopes]]"]),
    /asyncGenerator functions have no/,
  ],
  "another line": [
    withSlots((slots) => {
      const location = slots["[[FunctionLocation]]"];
      const value = location?.value as { lineNumber: number } | undefined;
      if (value)
        slots["[[FunctionLocation]]"] = { ...location!, value: { ...value, lineNumber: value.lineNumber + 1 } };
    }),
    /the line of \w+ functions is another/,
  ],
  "scopes from the outside inwards": [withScopes((scopes) => scopes.reverse()), /is not the global one/],
  "inner scopes the other way round": [
    withScopes((scopes) => [...scopes.slice(0, -1).reverse(), scopes.at(-1)!]),
    /do not lead to the values/,
  ],
  "no global scope": [withScopes((scopes) => scopes.slice(0, -1)), /is not the global one/],
  "copies of values": [
    withScopes((scopes) =>
      scopes.map(({ description, object }) => {
        const copy = { ...object } as Record<string, unknown>;
        if ("held" in copy && description !== "Global") copy["held"] = { ...(copy["held"] as object) };
        return { description, object: copy };
      }),
    ),
    /do not lead to the values/,
  ],
  "another name for blocks": [renamed("Block", "Lexical"), /are Lexical, Catch, Closure, Global instead of/],
  "another name for catch": [renamed("Catch", "With"), /are Block, With,/],
  "another name for closures": [renamed("Closure", "Function (outer)"), /are Block, Catch, Function,/],
  "another global object": [
    withScopes((scopes) => [...scopes.slice(0, -1), { description: "Global", object: {} }]),
    /not the global object/,
  ],
  "values before the declaration": [
    withScopes((scopes) =>
      scopes.map((scope) => {
        if (!scope.description.startsWith("Block")) return scope;
        const object = Object.create(null) as object;
        // Newer releases throw at a look at a variable whose declaration has not run.
        for (const name of Object.getOwnPropertyNames(scope.object))
          Object.defineProperty(
            object,
            name,
            name === "later" ? { value: 1 } : Object.getOwnPropertyDescriptor(scope.object, name)!,
          );
        return { ...scope, object };
      }),
    ),
    /declaration has not run has a value/,
  ],
  "no target": [withSlots((slots) => delete slots["[[TargetFunction]]"]), /bound functions have no target/],
  "no bound this": [withSlots((slots) => delete slots["[[BoundThis]]"]), /'this' of a bound function is another/],
  "fewer bound arguments": [
    withSlots((slots) => slots["[[BoundArgs]]"] && (slots["[[BoundArgs]]"] = slots["[[TargetFunction]]"])),
    /bound arguments are others/,
  ],
  "elements among the properties": [{ ...answers, namedProperties: Object.keys }, /not told from elements/],
};

describe("the self-test", () => {
  it("finds nothing unexpected in this release of Node", () => {
    expect(() => withInspector(() => checkAnswers(answers))).not.toThrow();
  });

  it.each(Object.keys(ALTERED))("notices: %s", (name) => {
    const [altered, unexpected] = ALTERED[name]!;
    let error: unknown;
    try {
      withInspector(() => checkAnswers(altered));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InspectorUnavailableError);
    expect(error).toMatchObject({
      code: "HEDDLE_INSPECTOR_UNAVAILABLE",
      unexpected: expect.stringMatching(unexpected) as string,
      message: expect.stringContaining(`the inspector of Node ${process.version}`) as string,
    });
  });
});

describe("where the inspector answers otherwise", () => {
  it("functions that need no variables go, and others are refused with what it is and what to do", async () => {
    const { free, refused } = await runClient<Record<"free" | "refused", object>>({
      "main.mjs": `
        import { Session } from "node:inspector";
        const { post } = Session.prototype;
        Session.prototype.post = function (method, params, answered) {
          return post.call(this, method, params, (error, result) => {
            for (const slot of result?.internalProperties ?? []) if (slot.name === "[[Scopes]]") slot.name = "[[Places]]";
            answered?.(error, result);
          });
        };
        const { capture } = await import("@heddle/closures");
        const factor = 3;
        const taken = (fn) => {
          try {
            return { definitions: capture(fn).definitions.length };
          } catch ({ code, reason, hint, cause }) {
            return { code, reason, hint, cause: cause.message };
          }
        };
        console.log(JSON.stringify({ free: taken((x) => Math.sqrt(x)), refused: taken((x) => x * factor) }));`,
    });
    expect(free).toEqual({ definitions: 2 });
    const { version } = process;
    expect(refused).toEqual({
      code: "HEDDLE_FUNCTION_NOT_SERIALIZABLE",
      reason:
        "it uses 'factor', and variables cannot be read here: " +
        `the inspector of Node ${version} does not answer as expected (arrow functions have no scopes)`,
      hint:
        "use a release of Node that Heddle is tested with, pass them as arguments, or export the function from a file that the main " +
        "script imports",
      cause: expect.stringContaining(`the inspector of Node ${version} (V8 ${process.versions.v8})`) as string,
    });
  });
});
