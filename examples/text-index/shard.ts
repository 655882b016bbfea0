/**
 * An inverted index of some files: for each word, the files it is in and how often.
 *
 * The postings are columns, typed arrays, so that a shard of any size is encoded without a walk over them, and read by other tasks
 * of the same worker where it lies.
 */
import { readFile } from "node:fs/promises";
import { wordsOf } from "./words.js";

export interface Shard {
  readonly paths: readonly string[];
  /** Words in each file. */
  readonly lengths: Uint32Array;
  /** Every word of these files, sorted. */
  readonly words: readonly string[];
  /** Postings of word i: from `starts[i]` to `starts[i + 1]`. */
  readonly starts: Uint32Array;
  /** Of each posting: index into `paths`. */
  readonly files: Uint32Array;
  /** Of each posting: how often the word is in that file. */
  readonly occurrences: Uint32Array;
}

/** One posting: a file that has a word, and how often it has it. */
export interface Posting {
  readonly file: number;
  readonly occurrences: number;
}

/** The map step: reads files and indexes them. */
export async function indexFiles(paths: readonly string[]): Promise<Shard> {
  const lengths = new Uint32Array(paths.length);
  const postings = new Map<string, number[]>();
  for (const [file, path] of paths.entries()) {
    const words = wordsOf(await readFile(path, "utf8"));
    lengths[file] = words.length;
    for (const word of words) {
      const list = postings.get(word);
      if (list === undefined) postings.set(word, [file, 1]);
      else if (list.at(-2) === file) list[list.length - 1]!++;
      else list.push(file, 1);
    }
  }
  return toColumns(paths, lengths, postings);
}

/** The files that have a word. */
export function postingsOf(shard: Shard, word: string): Posting[] {
  const at = positionOf(shard.words, word);
  if (at < 0) return [];
  const result: Posting[] = [];
  for (let posting = shard.starts[at]!; posting < shard.starts[at + 1]!; posting++)
    result.push({ file: shard.files[posting]!, occurrences: shard.occurrences[posting]! });
  return result;
}

/** Where a word stands in a sorted list, -1 when it does not: by binary search. */
export function positionOf(words: readonly string[], word: string): number {
  let low = 0;
  let high = words.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (words[middle]! < word) low = middle + 1;
    else high = middle;
  }
  return words[low] === word ? low : -1;
}

/** From lists of file, occurrences, file, occurrences, … by word. */
function toColumns(paths: readonly string[], lengths: Uint32Array, postings: Map<string, number[]>): Shard {
  const words = [...postings.keys()].sort();
  const starts = new Uint32Array(words.length + 1);
  words.forEach((word, index) => (starts[index + 1] = starts[index]! + postings.get(word)!.length / 2));
  const total = starts[words.length]!;
  const files = new Uint32Array(total);
  const occurrences = new Uint32Array(total);
  words.forEach((word, index) => {
    const list = postings.get(word)!;
    const start = starts[index]!;
    for (let posting = 0; posting < list.length / 2; posting++) {
      files[start + posting] = list[2 * posting]!;
      occurrences[start + posting] = list[2 * posting + 1]!;
    }
  });
  return { paths, lengths, words, starts, files, occurrences };
}
