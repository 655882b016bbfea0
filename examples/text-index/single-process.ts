/** The same answers the plain way, by one thread, with one Map: no shards, no columns, no merging. */
import { readFileSync } from "node:fs";
import { wordsOf } from "./words.js";
import type { TopWord } from "./word-counts.js";
import type { Hit } from "./search.js";

/** By word, by path: how often. */
export type PlainIndex = ReadonlyMap<string, ReadonlyMap<string, number>>;

export function plainIndex(paths: readonly string[]): PlainIndex {
  const index = new Map<string, Map<string, number>>();
  for (const path of paths) {
    for (const word of wordsOf(readFileSync(path, "utf8"))) {
      let files = index.get(word);
      if (files === undefined) index.set(word, (files = new Map<string, number>()));
      files.set(path, (files.get(path) ?? 0) + 1);
    }
  }
  return index;
}

export function plainTopWords(index: PlainIndex, howMany: number): TopWord[] {
  return [...index]
    .map(([word, files]) => ({ word, occurrences: sum(files.values()), documents: files.size }))
    .sort((a, b) => b.occurrences - a.occurrences || (a.word < b.word ? -1 : 1))
    .slice(0, howMany);
}

/** BM25 as it stands in the paper, for one file after the other. */
export function plainSearch(
  index: PlainIndex,
  paths: readonly string[],
  words: readonly string[],
  howMany: number,
): Hit[] {
  const lengths = new Map(paths.map((path) => [path, 0]));
  for (const files of index.values())
    for (const [path, occurrences] of files) lengths.set(path, lengths.get(path)! + occurrences);
  const averageLength = sum(lengths.values()) / paths.length;

  const score = (path: string): number =>
    words.reduce((total, word) => {
      const files = index.get(word);
      const frequency = files?.get(path) ?? 0;
      if (files === undefined || frequency === 0) return total;
      const rarity = Math.log(1 + (paths.length - files.size + 0.5) / (files.size + 0.5));
      const dampened = frequency + 1.2 * (1 - 0.75 + 0.75 * (lengths.get(path)! / averageLength));
      return total + (rarity * frequency * (1.2 + 1)) / dampened;
    }, 0);

  return paths
    .map((path) => ({ path, score: score(path) }))
    .filter((hit) => hit.score > 0)
    .sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1))
    .slice(0, howMany);
}

const sum = (numbers: Iterable<number>): number => {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
};
