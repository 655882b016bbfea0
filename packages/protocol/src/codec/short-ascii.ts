import type { ByteSource } from "./byte-source.js";

/** V8 makes a concatenation this long flat; a longer one would stay a tree of two strings. */
const FLAT_MAX = 12;

/**
 * Reads `n` bytes as ASCII.
 *
 * @remarks
 * Most strings are short, and `String.fromCharCode` with its arguments spelt out makes one in a third of the time of
 * `Buffer.toString`. In a loop, or with an array of arguments, it would be slower.
 */
export function readShortAscii(source: ByteSource, n: number): string {
  const p = source.pos;
  source.pos = p + n;
  if (n <= 8) return upToEight(source.data, p, n);
  if (n <= FLAT_MAX) return upToEight(source.data, p, 8) + upToEight(source.data, p + 8, n - 8);
  return source.data.toString("latin1", p, p + n);
}

function upToEight(b: Buffer, p: number, n: number): string {
  const code = String.fromCharCode;
  switch (n) {
    case 1:
      return code(b[p]!);
    case 2:
      return code(b[p]!, b[p + 1]!);
    case 3:
      return code(b[p]!, b[p + 1]!, b[p + 2]!);
    case 4:
      return code(b[p]!, b[p + 1]!, b[p + 2]!, b[p + 3]!);
    case 5:
      return code(b[p]!, b[p + 1]!, b[p + 2]!, b[p + 3]!, b[p + 4]!);
    case 6:
      return code(b[p]!, b[p + 1]!, b[p + 2]!, b[p + 3]!, b[p + 4]!, b[p + 5]!);
    case 7:
      return code(b[p]!, b[p + 1]!, b[p + 2]!, b[p + 3]!, b[p + 4]!, b[p + 5]!, b[p + 6]!);
    case 8:
      return code(b[p]!, b[p + 1]!, b[p + 2]!, b[p + 3]!, b[p + 4]!, b[p + 5]!, b[p + 6]!, b[p + 7]!);
    default:
      return "";
  }
}
