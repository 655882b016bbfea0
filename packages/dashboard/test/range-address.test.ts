import { describe, expect, it } from "vitest";
import { formatRange, parseRange } from "../src/app/time/range-address.js";

describe("ranges in addresses", () => {
  it("are read back as they were written, to the microsecond", () => {
    const range = [1_772_366_400_000.125, 1_772_366_400_350.5] as const;
    expect(formatRange(range)).toBe("1772366400000.125~1772366400350.500");
    expect(parseRange(formatRange(range))).toEqual(range);
  });

  it.each([undefined, "", "~", "1", "1~", "~2", "2~1", "1~1", "-2~-1", "1~2~3", "1~Infinity", "a~b", "NaN~2"])(
    "are none when they are cut off or typed wrong: %s",
    (text) => expect(parseRange(text)).toBeUndefined(),
  );
});
