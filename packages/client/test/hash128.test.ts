import { describe, expect, it } from "vitest";
import { hashBytes, writeHex } from "../src/graph/hash128.js";

/** The hash of a text, begun as the reference implementation begins with a 32-bit seed. */
function hex(text: string | Uint8Array, seed = 0): string {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const hash = Int32Array.of(seed, seed, seed, seed);
  hashBytes(hash, bytes, 0, bytes.length);
  const digits = new Uint8Array(32);
  writeHex(hash, digits, 0);
  return Buffer.from(digits).toString();
}

/** Four big-endian words, as published vectors print them. */
function words(text: string, seed = 0): string {
  const bytes = Buffer.from(text);
  const hash = Int32Array.of(seed, seed, seed, seed);
  hashBytes(hash, bytes, 0, bytes.length);
  return Array.from(hash, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

describe("hashBytes", () => {
  it("gives the published values of MurmurHash3_x86_128", () => {
    expect(words("")).toBe("00000000000000000000000000000000");
    expect(words("", 1)).toBe("88c4adec54d201b954d201b954d201b9");
    expect(words("The quick brown fox jumps over the lazy dog")).toBe("2f1583c3ecee2c675d7bf66ce5e91d2c");
  });

  it("reads a part of an array as it reads the whole of a copy", () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, index) => index * 7);
    for (let length = 0; length <= 40; length++) {
      const part = Int32Array.of(1, 2, 3, 4);
      const copy = Int32Array.of(1, 2, 3, 4);
      hashBytes(part, bytes, 13, 13 + length);
      hashBytes(copy, bytes.slice(13, 13 + length), 0, length);
      expect(part).toEqual(copy);
    }
  });

  it("tells every pair of short inputs apart", () => {
    const seen = new Set<string>();
    let count = 0;
    for (let length = 0; length <= 20; length++)
      for (let index = 0; index < 500; index++) {
        const bytes = new Uint8Array(length);
        for (let at = 0; at < length; at++) bytes[at] = (index >> (at % 2 === 0 ? 0 : 8)) & 255;
        const key = hex(bytes);
        if (length > 1 || index < 256 ** length) {
          seen.add(key);
          count++;
        }
      }
    expect(seen.size).toBe(count);
  });

  it("depends on where it begins", () => {
    expect(hex("a", 1)).not.toBe(hex("a", 2));
  });
});
