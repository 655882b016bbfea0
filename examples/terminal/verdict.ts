/** Whether two ways came to the same answer. */
import { isDeepStrictEqual } from "node:util";

/** Says so, and lets the program fail if not. */
export function check(what: string, found: unknown, expected: unknown): void {
  const same = isDeepStrictEqual(found, expected);
  if (!same) process.exitCode = 1;
  console.log(same ? `✓ ${what}` : `✗ NOT SO: ${what}`);
}
