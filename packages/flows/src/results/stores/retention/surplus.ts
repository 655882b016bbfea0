/** Which results of a directory are too many, by their age and their bytes. Knows nothing of disks. */

/** What a store keeps at most; absent: without end. */
export interface RetentionLimits {
  /** Milliseconds since a result was written. */
  readonly maxAge?: number;
  /** Bytes of all results. */
  readonly maxBytes?: number;
}

export interface KeptFile {
  readonly key: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly written: number;
  /** When it was last written or read, in milliseconds since the epoch. */
  readonly used: number;
}

export type SurplusQuestion =
  /** Is it a result at all? */
  | { readonly ask: "judge"; readonly file: KeptFile }
  /** Away with it, if it is a result that nobody needs. */
  | { readonly ask: "remove"; readonly file: KeptFile };

/** gone: it takes no room any more; kept: it does; foreign: it is no result, which neither counts nor goes. */
export type SurplusAnswer = "gone" | "kept" | "foreign";

/** Once there is too much, this part of `maxBytes` is made free, so that the next few results need no look at all files again. */
const FREE = 0.1;
/** Files of more than this part of `maxBytes` are judged before they count: a large stranger would cost many results their place. */
const LARGE = 1 / 1024;

/**
 * Asks what it needs to know and to be done, one file at a time; returns the bytes that are left.
 *
 * Age counts from when a result was written, and what was used the longest time ago is the first to make room. The result that was
 * written last is not removed for its bytes: somebody has just computed it.
 */
export function* surplus(
  files: readonly KeptFile[],
  { maxAge = Infinity, maxBytes = Infinity }: RetentionLimits,
  now: number,
): Generator<SurplusQuestion, number, SurplusAnswer> {
  let bytes = files.reduce((sum, { size }) => sum + size, 0);
  const young: KeptFile[] = [];
  for (const file of files) {
    if (now - file.written <= maxAge) young.push(file);
    else if ((yield { ask: "remove", file }) === "kept") young.push(file);
    else bytes -= file.size;
  }
  if (bytes <= maxBytes) return bytes;

  const results: KeptFile[] = [];
  for (const file of young) {
    if (file.size <= maxBytes * LARGE || (yield { ask: "judge", file }) === "kept") results.push(file);
    else bytes -= file.size;
  }
  const latest = yield* lastWritten(results);
  for (const file of results.sort((a, b) => a.used - b.used)) {
    // Beyond the limit whatever it takes; below it no more than was meant to be free.
    const isTooMuch = bytes > maxBytes || (bytes > maxBytes * (1 - FREE) && file.size <= maxBytes * FREE);
    if (!isTooMuch) break;
    if (file !== latest && (yield { ask: "remove", file }) !== "kept") bytes -= file.size;
  }
  return bytes;
}

/** Not counting records of the cache: they are written after the results that they lead to. */
function* lastWritten(files: readonly KeptFile[]): Generator<SurplusQuestion, KeptFile | undefined, SurplusAnswer> {
  const candidates = files.filter(({ key }) => !key.startsWith("cache/")).sort((a, b) => b.written - a.written);
  for (const file of candidates) if ((yield { ask: "judge", file }) === "kept") return file;
  return undefined;
}
