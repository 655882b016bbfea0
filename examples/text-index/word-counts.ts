/** What is known of all words of all files together, as columns sorted by word. */
import { positionOf, type Shard } from "./shard.js";

export interface WordCounts {
  readonly files: number;
  /** In all files, each word as often as it stands there. */
  readonly total: number;
  /** Each word once, sorted. */
  readonly words: readonly string[];
  /** How often each is there. */
  readonly occurrences: Uint32Array;
  /** How many files have it. */
  readonly documents: Uint32Array;
}

export function countWords(shard: Shard): WordCounts {
  const documents = new Uint32Array(shard.words.length);
  const occurrences = new Uint32Array(shard.words.length);
  shard.words.forEach((_, index) => {
    const [start, end] = [shard.starts[index]!, shard.starts[index + 1]!];
    documents[index] = end - start;
    for (let posting = start; posting < end; posting++) occurrences[index]! += shard.occurrences[posting]!;
  });
  const total = shard.lengths.reduce((sum, length) => sum + length, 0);
  return { files: shard.paths.length, total, words: shard.words, occurrences, documents };
}

/** The combine step: associative, so that it can be a tree. It merges two sorted lists. */
export function mergeCounts(a: WordCounts, b: WordCounts): WordCounts {
  const words: string[] = [];
  const occurrences = new Uint32Array(a.words.length + b.words.length);
  const documents = new Uint32Array(a.words.length + b.words.length);
  for (let i = 0, j = 0; i < a.words.length || j < b.words.length;) {
    const [left, right] = [a.words[i], b.words[j]];
    const fromLeft = right === undefined || (left !== undefined && left <= right);
    const fromRight = left === undefined || (right !== undefined && right <= left);
    const at = words.push(fromLeft ? left! : right) - 1;
    occurrences[at] = (fromLeft ? a.occurrences[i]! : 0) + (fromRight ? b.occurrences[j]! : 0);
    documents[at] = (fromLeft ? a.documents[i]! : 0) + (fromRight ? b.documents[j]! : 0);
    if (fromLeft) i++;
    if (fromRight) j++;
  }
  return {
    files: a.files + b.files,
    total: a.total + b.total,
    words,
    occurrences: occurrences.slice(0, words.length),
    documents: documents.slice(0, words.length),
  };
}

/** How many files have a word. */
export function documentsWith(counts: WordCounts, word: string): number {
  return counts.documents[positionOf(counts.words, word)] ?? 0;
}

export interface TopWord {
  readonly word: string;
  readonly occurrences: number;
  readonly documents: number;
}

/** The most frequent words, the first of the alphabet first among equals. */
export function topWords(counts: WordCounts, howMany: number): TopWord[] {
  return counts.words
    .map((word, index) => ({ word, occurrences: counts.occurrences[index]!, documents: counts.documents[index]! }))
    .sort((a, b) => b.occurrences - a.occurrences || (a.word < b.word ? -1 : 1))
    .slice(0, howMany);
}
