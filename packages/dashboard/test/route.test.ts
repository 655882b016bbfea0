import { describe, expect, it } from "vitest";
import { formatRoute, parseRoute } from "../src/app/routing/route.js";

describe("routes", () => {
  it.each([
    ["", [], {}],
    ["#/", [], {}],
    ["#/workers/7?sort=cpu&q=a%20b", ["workers", "7"], { sort: "cpu", q: "a b" }],
    ["#/task/a%2Fb%3Fc", ["task", "a/b?c"], {}],
    ["#/task/100%", ["task", "100%"], {}],
  ])("reads %s", (hash, path, parameters) => {
    expect(parseRoute(hash)).toEqual({ path, parameters });
  });

  it("reads back what it writes, whatever a key contains", () => {
    for (const key of ["a/b", "100 %", "?x=1#y", "\u202eabc", "__proto__", "<img>", "a&b=c", "."])
      expect(parseRoute(formatRoute(["task", key], { q: key, none: undefined }))).toEqual({
        path: ["task", key],
        parameters: { q: key },
      });
  });
});
