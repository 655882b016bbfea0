import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { batchesOf, textFiles } from "./files.js";
import { bestHits, prepareQuery, searchShard } from "./search.js";
import { indexFiles, postingsOf } from "./shard.js";
import { plainIndex, plainSearch, plainTopWords } from "./single-process.js";
import { countWords, mergeCounts, topWords } from "./word-counts.js";
import { wordsOf } from "./words.js";

const TEXTS: Readonly<Record<string, string>> = {
  "README.md": "Weave the threads: a thread of the WARP, a thread of the weft.",
  LICENSE: "Warp and weft are free. Ünïcödé words are words, too.",
  "package.json": '{ "name": "loom", "description": "threads" }',
  "loom.d.ts": "/** Lifts a thread. */ export declare function lift(thread: Thread): void;",
  "loom.js": "export const lift = (thread) => thread.up();",
  "loom.png": "thread thread thread thread",
};

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "text-index-"));
  for (const [name, text] of Object.entries(TEXTS)) await writeFile(join(root, name), text);
});
afterAll(() => rm(root, { recursive: true }));

it("finds words of three letters and more, of any alphabet", () => {
  expect(wordsOf("An apple: ÄPFEL, it's 2 l8, don't")).toEqual(["apple", "äpfel", "don"]);
});

it("takes texts and leaves the rest", async () => {
  const names = (await textFiles(root)).map(({ path }) => path.slice(root.length + 1));
  expect(names).toEqual(["LICENSE", "README.md", "loom.d.ts", "loom.js", "package.json"]);
});

it("cuts files into batches of about equal bytes, each file in one of them", () => {
  const files = [90, 50, 40, 30, 20, 10].map((size) => ({ path: String(size), size }));
  const batches = batchesOf(files, 3);
  expect(batches.flat().sort()).toEqual(files.map((file) => file.path).sort());
  expect(batches.map((batch) => batch.reduce((sum, path) => sum + Number(path), 0))).toEqual([90, 80, 70]);
  expect(batchesOf(files.slice(0, 2), 5)).toHaveLength(2);
});

describe("an index in shards", () => {
  it("has for each word the files it is in", async () => {
    const shard = await indexFiles([join(root, "README.md"), join(root, "loom.d.ts")]);
    expect(postingsOf(shard, "thread")).toEqual([
      { file: 0, occurrences: 2 },
      { file: 1, occurrences: 3 },
    ]);
    expect(postingsOf(shard, "aaa")).toEqual([]);
    expect(postingsOf(shard, "zzz")).toEqual([]);
  });

  it.each([1, 2, 4])("answers as the plain index does when there are %i of them", async (howMany) => {
    const files = await textFiles(root);
    const paths = files.map((file) => file.path);
    const shards = await Promise.all(batchesOf(files, howMany).map((batch) => indexFiles(batch)));
    const counts = shards.map(countWords).reduce(mergeCounts);
    const plain = plainIndex(paths);
    expect(topWords(counts, 50)).toEqual(plainTopWords(plain, 50));
    for (const words of [["thread"], ["weft", "thread"], ["nowhere"]]) {
      const query = prepareQuery(counts, words);
      const hits = bestHits(
        shards.map((shard) => searchShard(shard, query, 3)),
        3,
      );
      expect(hits).toEqual(plainSearch(plain, paths, words, 3));
      expect(hits).toHaveLength(words.includes("nowhere") ? 0 : 3);
    }
  });
});
