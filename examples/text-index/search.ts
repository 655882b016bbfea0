/**
 * Search, ranked by Okapi BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009): a file is the better a hit the
 * more often it has the words, the rarer they are elsewhere, and the shorter it is.
 */
import { postingsOf, type Shard } from "./shard.js";
import { documentsWith, type WordCounts } from "./word-counts.js";

/** What a shard has to know of all the others to rank its own files. */
export interface Query {
  readonly words: readonly { readonly word: string; readonly weight: number }[];
  /** Words of a file on average. */
  readonly averageLength: number;
}

export interface Hit {
  readonly path: string;
  readonly score: number;
}

const SATURATION = 1.2;
const LENGTH_MATTERS = 0.75;

/** Gives each word its weight: the rarer, the more. */
export function prepareQuery(counts: WordCounts, words: readonly string[]): Query {
  return {
    averageLength: counts.total / counts.files,
    words: words.map((word) => {
      const documents = documentsWith(counts, word);
      return { word, weight: Math.log(1 + (counts.files - documents + 0.5) / (documents + 0.5)) };
    }),
  };
}

/** The best files of one shard. */
export function searchShard(shard: Shard, query: Query, howMany: number): Hit[] {
  const scores = new Map<number, number>();
  for (const { word, weight } of query.words) {
    for (const { file, occurrences } of postingsOf(shard, word)) {
      const length = shard.lengths[file]! / query.averageLength;
      const dampened = occurrences + SATURATION * (1 - LENGTH_MATTERS + LENGTH_MATTERS * length);
      scores.set(file, (scores.get(file) ?? 0) + (weight * occurrences * (SATURATION + 1)) / dampened);
    }
  }
  const hits = [...scores].map(([file, score]) => ({ path: shard.paths[file]!, score }));
  return bestHits([hits], howMany);
}

/** The best of the best. */
export function bestHits(hits: readonly (readonly Hit[])[], howMany: number): Hit[] {
  return hits
    .flat()
    .sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1))
    .slice(0, howMany);
}
