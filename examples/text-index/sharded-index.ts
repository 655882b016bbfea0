/** The index as it is on a cluster: shards on the workers, futures of them here. */
import type { Client, Future } from "heddle";
import { bestHits, prepareQuery, searchShard, type Hit } from "./search.js";
import { indexFiles, type Shard } from "./shard.js";
import { countWords, mergeCounts, topWords, type TopWord, type WordCounts } from "./word-counts.js";

export class ShardedIndex {
  readonly shards: readonly Future<Shard>[];
  /** Of all shards together. */
  readonly counts: Future<WordCounts>;
  readonly #client: Client;

  /** Begins to index files, one shard for each batch of paths. */
  constructor(client: Client, batches: readonly (readonly string[])[]) {
    this.#client = client;
    this.shards = client.map(indexFiles, batches);
    this.counts = this.#combine(client.map(countWords, this.shards));
  }

  topWords(howMany: number): Promise<TopWord[]> {
    return this.#client.submit(topWords, this.counts, howMany).result();
  }

  /** Every shard is searched where it is; only the best hits travel. */
  search(words: readonly string[], howMany: number): Promise<Hit[]> {
    const query = this.#client.submit(prepareQuery, this.counts, words);
    const hits = this.shards.map((shard) => this.#client.submit(searchShard, shard, query, howMany));
    return this.#client.submit(bestHits, hits, howMany).result();
  }

  /** As a tree, so that merges run at the same time and the first need not wait for the last shard. */
  #combine(parts: readonly Future<WordCounts>[]): Future<WordCounts> {
    if (parts.length === 1) return parts[0]!;
    const half = Math.ceil(parts.length / 2);
    const [left, right] = [this.#combine(parts.slice(0, half)), this.#combine(parts.slice(half))];
    return this.#client.submit(mergeCounts, left, right);
  }
}
