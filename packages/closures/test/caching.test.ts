import vm from "node:vm";
import { describe, expect, it } from "vitest";
import { capture, type FunctionNotSerializableError } from "../src/index.js";

type AnyCallable = (...args: never[]) => unknown;

describe("capturing again", () => {
  it("returns the same object while nothing can change", () => {
    const k = 1;
    const helper = (x: number) => x + k;
    const fn = (x: number) => helper(x) * k;
    expect(capture(fn)).toBe(capture(fn));
  });

  it("sees data that changed in place", () => {
    const settings = { factor: 1, list: [1] };
    const fn = () => settings.factor + settings.list.length;
    const first = capture(fn);
    expect(capture(fn)).toBe(first);
    settings.factor = 2;
    const second = capture(fn);
    expect(second.token).not.toBe(first.token);
    settings.list.push(2);
    expect(capture(fn).token).not.toBe(second.token);
  });

  it("sees a variable that was assigned", () => {
    let counter = 1;
    const fn = () => counter;
    const first = capture(fn).token;
    counter = 2;
    expect(capture(fn).token).not.toBe(first);
    counter = 1;
    expect(capture(fn).token).toBe(first);
  });

  it("sees a variable assigned by destructuring and by a loop", () => {
    let first = 1;
    let second = 1;
    const fn = () => [first, second];
    const before = capture(fn).token;
    [first] = [2];
    const between = capture(fn).token;
    expect(between).not.toBe(before);
    for (second of [1, 2]);
    expect(capture(fn).token).not.toBe(between);
  });

  it("sees a helper's variable that was assigned", () => {
    let mode = "a";
    const helper = () => mode;
    const fn = () => helper();
    const first = capture(fn).token;
    mode = "b";
    expect(capture(fn).token).not.toBe(first);
  });

  it("sees properties put on a function and on its prototype", () => {
    function Legacy(this: { side: number }, side: number) {
      this.side = side;
    }
    const helper: { (): unknown; limit?: number } = () => helper.limit;
    const fn = () => [helper(), Legacy];
    const first = capture(fn).token;
    helper.limit = 3;
    const second = capture(fn).token;
    expect(second).not.toBe(first);
    (Legacy.prototype as { area?: () => number }).area = () => 1;
    expect(capture(fn).token).not.toBe(second);
  });

  it("sees a static field that changed", () => {
    class Counted {
      static made = 0;
    }
    const fn = () => Counted.made;
    const first = capture(fn).token;
    Counted.made = 1;
    expect(capture(fn).token).not.toBe(first);
  });

  it("sees a var that was not initialised the first time", () => {
    const fn = () => late;
    const first = capture(fn).token;
    // eslint-disable-next-line no-var -- hoisting is what is tested
    var late = 5;
    expect(capture(fn).token).not.toBe(first);
  });

  it("sees elements of a typed array", () => {
    const numbers = new Float64Array(4);
    const fn = () => numbers[0];
    const first = capture(fn).token;
    numbers[0] = 1;
    expect(capture(fn).token).not.toBe(first);
  });

  it("recovers when a refused capture is repeated after the cause is gone", () => {
    const holder: { value: unknown } = { value: Promise.resolve() };
    const fn = () => holder.value;
    expect(() => capture(fn)).toThrow(/Promise/);
    holder.value = 1;
    expect(capture(fn).token).toHaveLength(64);
  });
});

describe("a function that was changed since it was captured is captured anew", () => {
  const kinds: Readonly<Record<string, () => AnyCallable>> = {
    "an arrow function": () => () => 1,
    "an async arrow function": () => async () => 1,
    "a function": () =>
      function () {
        return 1;
      },
    "a sloppy function": () => vm.runInThisContext("(function () { return 1; })") as AnyCallable,
    "a generator": () =>
      function* () {
        yield 1;
      },
    "an async function": () =>
      async function () {
        return 1;
      },
    "a class": () => class {} as unknown as AnyCallable,
    "a method": () => ({ method: () => 1, m(this: void) {} }).m,
  };
  const changes: Readonly<Record<string, (value: object) => void>> = {
    "a property": (value) => Object.assign(value, { extra: 1 }),
    "a hidden property": (value) => Object.defineProperty(value, "extra", { value: 1, configurable: true }),
    "a property by symbol": (value) => Object.assign(value, { [Symbol.for("extra")]: 1 }),
    "no more properties": (value) => Object.preventExtensions(value),
    "frozen properties": (value) => Object.freeze(value),
    "another property in place of one": (value) => {
      for (const key of ["name", "constructor"]) if (Object.hasOwn(value, key)) Reflect.deleteProperty(value, key);
      Object.assign(value, { extra: 1 });
    },
  };
  /** Some changes of classes are refused. */
  const tokenOrRefusal = (fn: AnyCallable): string => {
    try {
      return capture(fn).token;
    } catch (error) {
      return (error as FunctionNotSerializableError).code;
    }
  };
  const prototypeOf = (fn: AnyCallable): object | undefined => fn.prototype as object | undefined;
  const cases = Object.entries(kinds).flatMap(([kind, make]) =>
    Object.entries(changes).flatMap(([change, apply]) => [
      { name: `${kind}: ${change}`, make, change: apply },
      ...(prototypeOf(make()) === undefined
        ? []
        : [
            { name: `${kind}: ${change} of its prototype`, make, change: (fn: AnyCallable) => apply(prototypeOf(fn)!) },
          ]),
    ]),
  );

  it.each(cases)("$name", ({ make, change }) => {
    const fn = make();
    const helper = make();
    const user = () => helper;
    const [own, users] = [capture(fn), capture(user)];
    expect(capture(fn)).toBe(own);
    expect(capture(user)).toBe(users);
    change(fn);
    change(helper);
    expect(tokenOrRefusal(fn)).not.toBe(own.token);
    expect(tokenOrRefusal(user)).not.toBe(users.token);
  });

  it("also when it was a constructor meanwhile, and got another prototype", () => {
    function Made(this: { n: number }) {
      this.n = 1;
    }
    const Constructor = Made as unknown as { new (): object; prototype: object };
    const user = () => Constructor;
    const { token } = capture(user);
    new Constructor();
    expect(capture(user).token).toBe(token);
    Constructor.prototype = { more: 1 };
    expect(capture(user).token).not.toBe(token);
  });
});
