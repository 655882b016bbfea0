import { describe, expect, it } from "vitest";
import { capture } from "../src/index.js";

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
