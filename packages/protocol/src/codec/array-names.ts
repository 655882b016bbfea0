import { inspect } from "node:util";

/** Up to here listing all keys, indices included, is cheaper. */
const LIST_MAX = 48;

/** Everything that a program may have changed in `inspect.defaultOptions` is spelt out. */
const NAMES_ONLY = {
  maxArrayLength: 0,
  maxStringLength: 0,
  depth: 0,
  breakLength: Infinity,
  colors: false,
  customInspect: false,
  getters: false,
  numericSeparator: false,
  showHidden: false,
  showProxy: false,
  sorted: false,
} as const;

const INDEX_NAMES = Array.from({ length: LIST_MAX }, (_, index) => String(index));

/**
 * Whether an array has enumerable properties besides its elements.
 *
 * @remarks
 * JavaScript lists an array's names only together with all its indices, as strings, which takes longer than encoding a long array.
 * `util.inspect` can skip the indices, so a long array is asked to print itself without elements, in constant time. If a future
 * Node.js words that differently, the answer is found the long way.
 */
export function hasNamedProperties(array: readonly unknown[]): boolean {
  const n = array.length;
  if (n > LIST_MAX && inspect(array, NAMES_ONLY) === `[ ... ${String(n)} more items ]`) return false;
  const names = Object.keys(array);
  const { length } = names;
  if (length === 0) return false;
  // Indices come first, and with holes there are fewer of them than elements: the last name tells.
  const last = names[length - 1]!;
  return last !== INDEX_NAMES[length - 1] && !isIndex(last);
}

/** Whether a name is an array index in the sense of the language: "0", not "00", below 2^32 - 1. */
export function isIndex(name: string): boolean {
  const index = Number(name) >>> 0;
  return index !== 0xffff_ffff && String(index) === name;
}
