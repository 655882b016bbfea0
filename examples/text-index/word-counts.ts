/** What is known of all words of all files together. */
import type { Shard } from "./shard.js";

export interface WordCounts {
  readonly files: number;
  /** In all files, each as often as it stands there. */
  readonly words: number;
  /** By word: how often it is there. */
  readonly occurrences: ReadonlyMap<string, number>;
  /** By word: how many files have it. */
  readonly documents: ReadonlyMap<string, number>;
}

export function countWords(shard: Shard): WordCounts {
  const occurrences = new Map<string, number>();
  const documents = new Map<string, number>();
  shard.words.forEach((word, index) => {
    const start = shard.starts[index]!;
    const end = shard.starts[index + 1]!;
    occurrences.set(word, sum(shard.occurrences.subarray(start, end)));
    documents.set(word, end - start);
  });
  return { files: shard.paths.length, words: sum(shard.lengths), occurrences, documents };
}

/** The combine step: associative, so that it can be a tree. */
export function mergeCounts(a: WordCounts, b: WordCounts): WordCounts {
  return {
    files: a.files + b.files,
    words: a.words + b.words,
    occurrences: addMaps(a.occurrences, b.occurrences),
    documents: addMaps(a.documents, b.documents),
  };
}

export interface TopWord {
  readonly word: string;
  readonly occurrences: number;
  readonly documents: number;
}

/** The most frequent words, the first of the alphabet first among equals. */
export function topWords(counts: WordCounts, howMany: number): TopWord[] {
  return [...counts.occurrences]
    .map(([word, occurrences]) => ({ word, occurrences, documents: counts.documents.get(word) ?? 0 }))
    .sort((a, b) => b.occurrences - a.occurrences || (a.word < b.word ? -1 : 1))
    .slice(0, howMany);
}

function addMaps(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): Map<string, number> {
  const result = new Map(a);
  for (const [word, amount] of b) result.set(word, (result.get(word) ?? 0) + amount);
  return result;
}

const sum = (numbers: Uint32Array): number => numbers.reduce((total, number) => total + number, 0);
