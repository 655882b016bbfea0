/** Colours of data are told apart by everybody, and from what they lie on. */
import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { contrast, difference, labOf, rgbOf, seenBy, VISIONS } from "./colour.js";

const css = readFileSync(new URL("../../src/app/design/tokens.css", import.meta.url), "utf8");

/** Tokens that are colours, of one theme. */
function tokensOf(selector: string): ReadonlyMap<string, string> {
  const [, block = ""] = new RegExp(`^${selector} \\{([^}]*)\\}`, "m").exec(css) ?? [];
  return new Map([...block.matchAll(/--([\w-]+): (#[\da-f]{6});/g)].map(([, name, colour]) => [name!, colour!]));
}

const THEMES = { light: tokensOf(":root"), dark: tokensOf(":root.dark") };
const CATEGORIES = [...Array.from({ length: 8 }, (_, slot) => `category-${slot}`), "error"];
const STATES = ["waiting", "queued", "running", "memory", "spilled", "no-worker", "cancelled", "erred"].map(
  (state) => `state-${state}`,
);
const LEAST_DIFFERENCE = 10;

test.each([
  // Pairs of the supplementary test data that take every branch of the formula.
  [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
  [[50, -1, 2], [50, 0, 0], 2.3669],
  [[50, 2.49, -0.001], [50, -2.49, 0.0009], 7.1792],
  [[50, 2.49, -0.001], [50, -2.49, 0.0011], 7.2195],
  [[50, -0.001, 2.49], [50, 0.0009, -2.49], 4.8045],
  [[50, 2.5, 0], [50, 0, -2.5], 4.3065],
  [[50, 2.5, 0], [73, 25, -18], 27.1492],
  [[22.7233, 20.0904, -46.694], [23.0331, 14.973, -42.5619], 2.0373],
  [[90.8027, -2.0831, 1.441], [91.1528, -1.6435, 0.0447], 1.4441],
  [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
] as const)("the difference of %j and %j is %d", (one, other, expected) => {
  expect(difference(one, other)).toBeCloseTo(expected, 4);
  expect(difference(other, one)).toBeCloseTo(expected, 4);
});

describe.each(["light", "dark"] as const)("the %s theme", (theme) => {
  const tokens = THEMES[theme];
  const colour = (name: string) => rgbOf(tokens.get(name) ?? `no token ${name}`);

  describe.each([
    ["categories", CATEGORIES],
    ["states", STATES],
  ] as const)("%s", (_, names) => {
    it.each(Object.keys(VISIONS) as (keyof typeof VISIONS)[])("are told apart with %s vision", (vision) => {
      const seen = names.map((name) => labOf(seenBy(vision, colour(name))));
      const close = names.flatMap((name, at) =>
        names.slice(at + 1).flatMap((other, after) => {
          const far = difference(seen[at]!, seen[at + 1 + after]!);
          return far < LEAST_DIFFERENCE ? [`${name} and ${other}: ${far.toFixed(1)}`] : [];
        }),
      );
      expect(close).toEqual([]);
    });

    it.each(["raised", "surface"])("stand out from --%s by 3:1", (ground) => {
      const faint = names.flatMap((name) => {
        const ratio = contrast(colour(name), colour(ground));
        return ratio < 3 ? [`${name}: ${ratio.toFixed(2)}`] : [];
      });
      expect(faint).toEqual([]);
    });
  });

  it.each([
    ["text", ["bg", "surface", "raised", "hover"]],
    ["muted", ["bg", "surface", "raised", "hover"]],
    ["accent", ["bg", "surface", "raised", "accent-wash"]],
    ["error", ["raised", "surface", "error-wash"]],
    ["warning", ["raised", "surface", "warning-wash"]],
    ["on-accent", ["accent"]],
  ] as const)("--%s can be read on %j by 4.5:1", (name, grounds) => {
    const faint = grounds.flatMap((ground) => {
      const ratio = contrast(colour(name), colour(ground));
      return ratio < 4.5 ? [`${ground}: ${ratio.toFixed(2)}`] : [];
    });
    expect(faint).toEqual([]);
  });
});
