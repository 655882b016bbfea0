import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBlob, writeBlob, type BlobHeader } from "../../src/results/blob.js";
import { CorruptResultError } from "../../src/results/errors.js";

const HEADER: BlobHeader = {
  kind: "value",
  serializer: "structured",
  created: 1_700_000_000_000,
  about: { task: "é" },
};

describe("a stored blob", () => {
  it("gives back header and payload, whatever the payload", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (payload) => {
        const blob = readBlob("k", "a store", writeBlob(HEADER, payload));
        expect(blob.header).toEqual(HEADER);
        expect(Buffer.compare(blob.payload, payload)).toBe(0);
        // So that typed arrays in it can be views on it.
        expect(blob.payload.byteOffset % 8).toBe(0);
      }),
    );
  });

  it("can be told by its first bytes", () => {
    expect([...writeBlob(HEADER, new Uint8Array()).subarray(0, 5)]).toEqual([0x89, 0x48, 0x44, 0x52, 1]);
  });

  it("with any one bit changed is refused", () => {
    const bytes = writeBlob(HEADER, randomBytes(40));
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Uint8Array.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      // Three bytes after the version are kept for later.
      if (bit >= 5 * 8 && bit < 8 * 8) expect(() => readBlob("k", "a store", damaged)).not.toThrow();
      else expect(() => readBlob("k", "a store", damaged)).toThrow(CorruptResultError);
    }
  });

  it("cut anywhere is refused", () => {
    const bytes = writeBlob(HEADER, randomBytes(40));
    for (let length = 0; length < bytes.length; length++)
      expect(() => readBlob("some/key", "local /here", bytes.subarray(0, length))).toThrow(CorruptResultError);
  });

  it.each([
    ["nothing", new Uint8Array(), /it is empty/],
    ["text", Buffer.from('{"type":"not a result"}, and long enough to be one'), /does not begin as a result/],
    ["zeros", new Uint8Array(1000), /does not begin/],
    ["a later version", Buffer.concat([Buffer.from([0x89, 0x48, 0x44, 0x52, 2]), Buffer.alloc(50)]), /version 2/],
    [
      "a result with something after it",
      Buffer.concat([writeBlob(HEADER, Buffer.from("x")), Buffer.from("yz")]),
      /2 bytes/,
    ],
    ["a result cut short", writeBlob(HEADER, new Uint8Array(100)).subarray(0, 60), /cut short/],
  ])("is not %s, and the error names the key and the store", (_name, bytes, problem) => {
    expect(() => readBlob("some/key", "local /here", bytes)).toThrow(problem);
    expect(() => readBlob("some/key", "local /here", bytes)).toThrow(/some\/key in local \/here/);
  });
});
