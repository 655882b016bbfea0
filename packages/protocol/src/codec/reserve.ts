/** Longest array that V8 lays out flat when asked for all of it at once; a longer one would be stored by index, as a dictionary. */
const MAX_RESERVED = 1 << 24;

/** An array for `n` elements, to be filled from the first to the last. */
export function reserve<T>(n: number): T[] {
  return n <= MAX_RESERVED ? new Array<T>(n) : [];
}
